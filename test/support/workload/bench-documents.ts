import { Binary, ObjectId } from 'mongodb';
import { Prose } from './bench-words.ts';
import { RandomSource } from './random-source.ts';
import { Zipf } from './zipf.ts';

interface Customer {
  readonly id: ObjectId;
  readonly name: string;
  readonly email: string;
  readonly address: { readonly street: string; readonly city: string; readonly zip: string; readonly country: string };
}

interface Product {
  readonly sku: string;
  readonly title: string;
  readonly price: number;
}

const beganMs = 1_700_000_000_000;
const customerCount = 20_000;
const productCount = 5000;
/** Sentences that staff insert from a list. */
const stockCount = 3000;
const stockShare = 0.6;
const attachmentBytes = 70_000;
/** Attachments that are the same in more than one document: logos, forms, avatars that nobody changed. */
const sharedAttachments = 24;
const sharedShare = 0.88;

/**
 * Documents as a shop has them: words as frequent as in a language, customers and products that come again, random numbers where a real
 * document has hashes, ids and compressed pictures. The ratios that gzip and zstd reach were calibrated to those published for such data.
 */
export class BenchDocuments {
  readonly #random: RandomSource;
  readonly #prose: Prose;
  readonly #customers: readonly Customer[];
  readonly #products: readonly Product[];
  readonly #byCustomer = new Zipf(customerCount, 0.7);
  readonly #byProduct = new Zipf(productCount, 0.9);
  readonly #byStock = new Zipf(stockCount, 0.8);
  readonly #stock: readonly string[];
  readonly #processes: readonly string[];
  readonly #attachments: readonly Buffer[];

  constructor(seed: number) {
    this.#random = new RandomSource(seed);
    this.#processes = Array.from({ length: 4 }, () => this.#noise(5).toString('hex'));
    this.#prose = new Prose(this.#random, 12_000);
    const cities = Array.from({ length: 400 }, () => this.#prose.title(1));
    this.#customers = Array.from({ length: customerCount }, (_, at) => this.#customer(at, cities));
    this.#products = Array.from({ length: productCount }, (_, at) => ({
      sku: `SKU-${String(at).padStart(5, '0')}`,
      title: this.#prose.title(3 + this.#random.below(4)),
      price: this.#random.below(10_000) / 100,
    }));
    this.#stock = Array.from({ length: stockCount }, () => this.#prose.sentence());
    this.#attachments = Array.from({ length: sharedAttachments }, () => this.#noise(attachmentBytes));
  }

  orders(at: number): Readonly<Record<string, unknown>> {
    const random = this.#random;
    const customer = this.#customers[this.#byCustomer.pick(random)];
    return {
      _id: at,
      customer: customer?.id,
      email: customer?.email,
      name: customer?.name,
      status: random.pick(['new', 'paid', 'packed', 'sent', 'sent', 'sent', 'returned']),
      at: new Date(beganMs + at * 900 + random.below(900)),
      total: random.below(1_000_000) / 100,
      address: customer?.address,
      items: Array.from({ length: 1 + random.below(5) }, () => ({
        ...this.#products[this.#byProduct.pick(random)],
        count: 1 + random.below(5),
      })),
      checksum: this.#noise(20).toString('hex'),
      note: this.#note(3 + random.below(5)),
    };
  }

  events(at: number): Readonly<Record<string, unknown>> {
    const random = this.#random;
    const ms = beganMs + at * 300 + random.below(300);
    return {
      _id: this.#objectId(ms, at),
      at: new Date(ms),
      kind: random.pick(['view', 'view', 'view', 'click', 'click', 'buy']),
      ms: random.below(100_000),
      user: this.#byCustomer.pick(random),
      sku: this.#products[this.#byProduct.pick(random)]?.sku,
    };
  }

  blobs(at: number): object {
    const random = this.#random;
    const shared = random.chance(sharedShare) ? random.pick(this.#attachments) : undefined;
    return { _id: at, name: `${this.#prose.words(2)}.jpg`, bytes: new Binary(shared ?? this.#noise(attachmentBytes)) };
  }

  #customer(at: number, cities: readonly string[]): Customer {
    const random = this.#random;
    const name = this.#prose.title(2);
    const domain = random.pick(['example.com', 'example.org', 'mail.example', 'post.example']);
    return {
      id: this.#objectId(beganMs - at * 37_000, at),
      name,
      email: `${name.toLowerCase().replace(' ', '.')}${random.below(100)}@${domain}`,
      address: {
        street: `${this.#prose.title(2)} ${1 + random.below(200)}`,
        city: random.pick(cities),
        zip: String(10_000 + random.below(90_000)),
        country: random.pick(['DE', 'FR', 'GB', 'US', 'NL']),
      },
    };
  }

  /** As drivers make them: seconds, five bytes of the process, a counter. */
  #objectId(ms: number, counter: number): ObjectId {
    const process = this.#processes[counter % this.#processes.length] ?? '';
    return new ObjectId(`${hex(Math.floor(ms / 1000), 8)}${process}${hex(counter % 2 ** 24, 6)}`);
  }

  #note(sentences: number): string {
    return Array.from({ length: sentences }, () =>
      this.#random.chance(stockShare) ? (this.#stock[this.#byStock.pick(this.#random)] ?? '') : this.#prose.sentence(),
    ).join(' ');
  }

  /** Bytes that nothing can make smaller, as those of a picture. */
  #noise(length: number): Buffer {
    const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
    for (let offset = 0; offset < bytes.length; offset += 4) bytes.writeUInt32LE(this.#random.below(2 ** 32), offset);
    return bytes.subarray(0, length);
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
