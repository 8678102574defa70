import type { AnyValue, Piece } from "./compose.ts";

/** Lambda tells the digest of the package that it was given. */
export function codeDrift(name: AnyValue, file: string, alias: AnyValue | undefined): Piece[] {
  return [
    "there=$(aws lambda get-function-configuration --function-name ",
    { value: name },
    ...(alias === undefined ? [] : [" --qualifier ", { value: alias }]),
    ` --query CodeSha256 --output text)
digest=$(sha256sum < `,
    { value: file },
    `)
ours=$(for ((at = 0; at < 64; at += 2)); do printf %b "\\\\x\${digest:at:2}"; done | base64)
if [ "$there" != "$ours" ]; then echo "the function has other code: $there, and not $ours"; exit 2; fi`,
  ];
}
