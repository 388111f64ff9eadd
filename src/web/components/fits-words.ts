/** Whether a text holds every word that somebody typed, in any order and case. Nothing typed: every text does. */
export function fitsWords(typed: string): (text: string) => boolean {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => {
    const all = text.toLowerCase();
    return words.every((word) => all.includes(word));
  };
}
