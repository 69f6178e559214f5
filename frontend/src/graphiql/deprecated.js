// @ts-check
/** Takes out of an introspection result what is deprecated. */

/** @param {{isDeprecated?: boolean}} each */
const current = (each) => !each.isDeprecated;

/**
 * A type without members is no type: where all are deprecated, all are kept.
 * @template {{isDeprecated?: boolean}} T
 * @param {T[] | null | undefined} members
 */
function withoutDeprecated(members) {
  if (!members) return members;
  const kept = members.filter(current);
  return kept.length ? kept : members;
}

/** @param {any} field */
const withoutDeprecatedArguments = (field) => ({ ...field, args: (field.args ?? []).filter(current) });

/**
 * Return the result of an introspection without deprecated fields, arguments, input fields and
 * enum values.
 * @param {any} data
 */
export function hideDeprecated(data) {
  const { __schema: schema } = data;
  const types = schema.types.map((/** @type {any} */ type) => ({
    ...type,
    fields: withoutDeprecated(type.fields)?.map(withoutDeprecatedArguments) ?? type.fields,
    inputFields: withoutDeprecated(type.inputFields),
    enumValues: withoutDeprecated(type.enumValues),
  }));
  const directives = schema.directives?.map(withoutDeprecatedArguments);
  return { ...data, __schema: { ...schema, types, directives } };
}

/**
 * Count what `hideDeprecated` takes out.
 * @param {any} data
 */
export function countDeprecated(data) {
  let count = 0;
  for (const type of data.__schema.types) {
    for (const name of ["fields", "inputFields", "enumValues"]) {
      const members = type[name] ?? [];
      count += members.length - (withoutDeprecated(members)?.length ?? 0);
      for (const member of members.filter(current)) {
        count += (member.args ?? []).filter((/** @type {any} */ each) => !current(each)).length;
      }
    }
  }
  return count;
}
