/** Of the driver, which does not declare it: an array of a command that is sent as raw documents (OP_MSG section of kind 1). */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string);
    /** `document` is for the driver's command monitoring alone. */
    push(document: object, raw: Uint8Array): number;
  }
}
