/** The table `directus_users`. */
import { randomUUID } from 'node:crypto';
import { invalidCredentials, invalidOtp } from './errors.ts';

/** A user to start with. */
export interface StandInUser {
  /** Default: a random UUID. */
  id?: string;
  /** Names the user at sign-in. */
  email: string;
  /** In plain text: these are test users. */
  password: string;
  /** `first_name`. Default: none. */
  firstName?: string;
  /** The one-time password that is accepted; a user who has one must present it to sign in. Default: none. */
  otp?: string;
  /** Default: false. */
  suspended?: boolean;
  /** Default: none. */
  staticToken?: string;
  /** Default: false. */
  admin?: boolean;
}

export type User = StandInUser & { id: string };

export const ADMIN_ROLE = '5f0c6d2e-8f3b-4a7d-9c1e-2b6a4d8e0f13';

export class Users {
  readonly #users: User[] = [];

  constructor(users: readonly StandInUser[]) {
    for (const user of users) this.add(user);
  }

  add(user: StandInUser): User {
    const added = { id: randomUUID(), ...user };
    this.#users.push(added);
    return added;
  }

  /** The user of an address, in any case; throws when there is none. */
  get(email: string): User {
    const user = this.#find(email);
    if (!user) throw new Error(`No user ${email}`);
    return user;
  }

  byId(id: string): User | undefined {
    return this.#users.find((user) => user.id === id);
  }

  byStaticToken(token: string): User | undefined {
    return this.#users.find((user) => user.staticToken === token && !user.suspended);
  }

  /** The user who may sign in. The password is judged before the one-time password. */
  authenticate({ email, password, otp }: { email: string; password: string; otp?: string }): User {
    const user = this.#find(email);
    if (!user || user.suspended || user.password !== password) throw invalidCredentials();
    if (user.otp !== undefined && user.otp !== otp) throw invalidOtp();
    return user;
  }

  #find(email: string): User | undefined {
    return this.#users.find((user) => user.email.toLowerCase() === email.toLowerCase());
  }
}
