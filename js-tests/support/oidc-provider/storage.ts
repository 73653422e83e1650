/** Where an oidc-provider keeps what it issued: memory, with a window for rotated refresh tokens. */

interface Stored {
  readonly model: string;
  readonly payload: Record<string, unknown>;
  readonly expiresAt: number;
  consumedAt?: number;
}

/** Of one provider; its adapters, one for each kind of thing that is stored, share it. */
export class Storage {
  readonly #items = new Map<string, Stored>();
  readonly #overlapMs: number;

  /** For `overlap` seconds a rotated refresh token is still accepted. */
  constructor(overlap: number) {
    this.#overlapMs = overlap * 1000;
  }

  /** The adapter that oidc-provider asks for by the name of a model. */
  adapter(model: string): object {
    const key = (id: string) => `${model}:${id}`;
    return {
      upsert: async (id: string, payload: Record<string, unknown>, expiresIn?: number) => {
        const expiresAt = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000;
        this.#items.set(key(id), { model, payload, expiresAt });
      },
      find: async (id: string) => this.#read(this.#items.get(key(id))),
      findByUid: async (uid: string) => {
        const ofModel = [...this.#items.values()].filter((item) => item.model === model);
        return this.#read(ofModel.find((item) => item.payload['uid'] === uid));
      },
      findByUserCode: async () => undefined,
      consume: async (id: string) => {
        const item = this.#items.get(key(id));
        if (item) item.consumedAt ??= Date.now();
      },
      destroy: async (id: string) => void this.#items.delete(key(id)),
      revokeByGrantId: async (grantId: string) => {
        for (const [id, item] of this.#items) {
          if (item.payload['grantId'] === grantId) this.#items.delete(id);
        }
      },
    };
  }

  #read(item: Stored | undefined): object | undefined {
    if (!item || item.expiresAt <= Date.now()) return undefined;
    const { payload, consumedAt = Infinity } = item;
    const accepted = Date.now() < consumedAt + this.#overlapMs;
    return accepted ? payload : { ...payload, consumed: Math.floor(consumedAt / 1000) };
  }
}
