import type { Node } from "libpg-query";
import { strings, within } from "./tree";

/**
 * Functions of PostgreSQL that give the same within one statement (`pg_proc.provolatile` is `i` or `s`), of those that defaults are
 * made of. Any other may give each row its own value, or do anything at all.
 */
const STEADY = new Set(
  `now transaction_timestamp statement_timestamp current_setting date_trunc date_part make_date make_interval make_timestamptz
  to_timestamp to_date to_char to_number timezone age lower upper initcap trim btrim ltrim rtrim concat concat_ws format md5 encode
  decode length char_length substring substr replace left right repeat coalesce nullif greatest least abs round ceil floor
  json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb array_length string_to_array int4range
  int8range numrange tsrange tstzrange daterange inet_client_addr pg_current_xact_id_if_assigned`.split(/\s+/),
);

/** The first function in an expression of which it is not known that it gives the same for all rows. */
export function volatileCall(expression: Node | undefined): string | undefined {
  return within("FuncCall", expression)
    .map(({ funcname }) => strings(funcname).at(-1) ?? "")
    .find((name) => !STEADY.has(name));
}
