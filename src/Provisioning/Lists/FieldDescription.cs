namespace Anvil.Provisioning.Lists;

/// <summary>What clients are told of a field that lists go by (DRP's Index), read off the field itself.</summary>
/// <param name="Unique">No two objects of the kind have one value of it.</param>
/// <param name="Unordered">Values are equal or not, and nothing more.</param>
/// <param name="Regex">Regular expressions are meant for it; they are tried on texts of other fields as well, which DRP does not.</param>
/// <param name="Type">What a value is, as DRP calls it.</param>
public sealed record FieldDescription(bool Unique, bool Unordered, bool Regex, string Type)
{
    /// <summary>The description of a field.</summary>
    /// <param name="field">The field.</param>
    public static FieldDescription Of(Field field)
    {
        // The key is a text to clients, whatever a kind makes it of.
        var kind = field.Name == "Key" ? FieldKind.Text : field.Kind;
        return new FieldDescription(field.IsWhole || field.Name == "Key", !field.HasOrder || kind == FieldKind.Truth,
            kind is FieldKind.Text or FieldKind.Mac or FieldKind.Value, TypeOf(kind));
    }

    private static string TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Truth => "boolean",
        FieldKind.Number => "number",
        FieldKind.Time => "dateTime",
        FieldKind.Address => "IP Address",
        FieldKind.Network => "CIDR Address",
        FieldKind.Uuid => "UUID string",
        FieldKind.List or FieldKind.MacList or FieldKind.Map => "list",
        FieldKind.Value => "parameter",
        _ => "string",
    };
}
