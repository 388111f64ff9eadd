/** Of raw documents in one answer. */
const answerBytes = 16 * 2 ** 20;

/** The first ones that come. One more than the limit says that there are more. */
export class FirstFound {
  readonly #limit: number;
  readonly #documents: Buffer[] = [];
  #bytes = 0;
  dropped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(document: Buffer): void {
    this.dropped ||=
      this.#documents.length >= this.#limit || (this.#bytes > 0 && this.#bytes + document.length > answerBytes);
    if (this.dropped) return;
    this.#documents.push(Buffer.from(document));
    this.#bytes += document.length;
  }

  documents(): readonly Buffer[] {
    return this.#documents;
  }
}
