declare namespace App {
  interface Locals { auth: import('tokenkeep/sveltekit').Auth }
}
