/** The CRC-32 polynomial (IEEE 802.3) with its bits reversed, as in gzip and zip. */
const polynomial = 0xedb88320;

/**
 * CRC-32 of A followed by B, from the CRCs of both and the length of B in bytes: crc(A) times x^(8 · length) modulo the
 * polynomial, plus crc(B). The method of zlib 1.2.12's crc32_combine.
 */
export function combineCrc32(crcA: number, crcB: number, lengthB: number): number {
  return (multiply(power(lengthB * 8), crcA) ^ crcB) >>> 0;
}

/** a · b modulo the polynomial; bit 31 is the coefficient of x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b >>> 0;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ polynomial;
  }
  return product >>> 0;
}

/** x^n modulo the polynomial, by repeated squaring; n may be beyond 2^32. */
function power(n: number): number {
  let result = 0x80000000;
  let square = 0x40000000;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}
