// Directus loads isolated-vm to run scripts inside Flows, which no test here has. The real package is a native
// addon that takes minutes to build, and only loads under the Node that built it.
module.exports = {};
