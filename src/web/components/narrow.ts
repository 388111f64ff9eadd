/** The width at which the styles make rows of label and value of a table: whoever counts on the height of a row asks here. */
export const narrow = matchMedia('(max-width: 700px)');
