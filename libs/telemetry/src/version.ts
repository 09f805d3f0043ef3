/** What runs, as it is shown in `--version`, spans, metrics and to the other plane. A test holds it equal to package.json. */
export const softwareVersion = '0.1.0';
