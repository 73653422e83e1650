declare namespace App { interface Locals { auth: import('tokenkeep/astro').Auth } }
