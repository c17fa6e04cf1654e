import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Has a browser show what it shows in the system's font in one of the plainer ones that Debian has, instead of the first.
 * Where none of them is installed, nothing changes.
 *
 * @param directory where the settings are written
 * @returns what the browser's process needs in its environment
 */
export function plainFonts(directory: string): Readonly<Record<string, string>> {
  const prefer = ["Inter", "Roboto", "Liberation Sans"].map((font) => `<string>${font}</string>`).join("");
  const matches = ["system-ui", "sans", "sans-serif"].map(
    (family) =>
      `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="prepend" binding="strong">${prefer}</edit></match>`,
  );
  const file = join(directory, "fonts.conf");
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${matches.join("\n")}
</fontconfig>
`,
  );
  return { FONTCONFIG_FILE: file };
}
