namespace Anvil.Provisioning.Sheets;

/// <summary>What a column of a machine sheet holds.</summary>
public enum SheetField
{
    /// <summary>The machine's name.</summary>
    Name,

    /// <summary>Its MAC addresses, with blanks, commas or semicolons between them.</summary>
    Macs,

    /// <summary>The IPv4 address that it shall have.</summary>
    Address,

    /// <summary>Its profiles, in order.</summary>
    Profiles,

    /// <summary>Workflow to begin.</summary>
    Workflow,

    /// <summary>Boot environment to begin with, where there is no workflow.</summary>
    BootEnv,

    /// <summary>Architecture.</summary>
    Arch,

    /// <summary>For people.</summary>
    Description,

    /// <summary>Address of its BMC.</summary>
    Bmc,

    /// <summary>A param's value.</summary>
    Param,

    /// <summary>Params by name, as one JSON object: those that a sheet has no columns left for.</summary>
    Params,
}

/// <summary>One column of a machine sheet.</summary>
/// <param name="Field">What it holds.</param>
/// <param name="Title">Its name as exports write it.</param>
/// <param name="Param">The param's name, for a param.</param>
public sealed record SheetColumn(SheetField Field, string Title, string Param = "")
{
    /// <summary>Param that keeps the BMC's address.</summary>
    public const string BmcParam = "ipmi/address";

    /// <summary>The column of the params that have none of their own.</summary>
    public static readonly SheetColumn Rest = new(SheetField.Params, "Params");

    private const string ParamPrefix = "param:";

    /// <summary>The columns that every export has, in order.</summary>
    public static IReadOnlyList<SheetColumn> Standard { get; } =
    [
        new(SheetField.Name, "Name"), new(SheetField.Macs, "MACs"), new(SheetField.Address, "Address"),
        new(SheetField.Profiles, "Profiles"), new(SheetField.Workflow, "Workflow"),
        new(SheetField.BootEnv, "BootEnv"), new(SheetField.Arch, "Arch"), new(SheetField.Bmc, "BMC", BmcParam),
        new(SheetField.Description, "Description"),
    ];

    /// <summary>A param's column. A name that would be read as another one (with blanks around it, or none at all) is a JSON
    /// string.</summary>
    public static SheetColumn Of(string param) => new(SheetField.Param, ParamPrefix + SheetText.Write(param, isAlways: true), param);

    /// <summary>The column of a title, in any of its usual spellings; null when there is none.</summary>
    public static SheetColumn? Parse(string title)
    {
        var text = title.Trim();
        if (text.StartsWith(ParamPrefix, StringComparison.OrdinalIgnoreCase))
            return text.Length > ParamPrefix.Length ? Of(SheetText.Read(text[ParamPrefix.Length..].Trim())) : null;
        var field = string.Concat(text.ToLowerInvariant().Where(c => !char.IsWhiteSpace(c) && c is not ('-' or '_'))) switch
        {
            "name" => SheetField.Name,
            "macs" or "mac" or "macaddress" or "macaddresses" or "hardwareaddrs" or "hardwareaddr" => SheetField.Macs,
            "address" or "ip" or "ipaddress" or "ipv4" => SheetField.Address,
            "profiles" or "profile" => SheetField.Profiles,
            "workflow" => SheetField.Workflow,
            "bootenv" or "bootenvironment" => SheetField.BootEnv,
            "arch" or "architecture" => SheetField.Arch,
            "bmc" or "bmcaddress" or "ipmi" or "ipmiaddress" => SheetField.Bmc,
            "description" or "comment" => SheetField.Description,
            "params" => SheetField.Params,
            _ => (SheetField?)null,
        };
        return field is SheetField.Params ? Rest : field is null ? null : Standard.First(c => c.Field == field);
    }

    /// <summary>The beginning of a text that may be of any length.</summary>
    public static string Short(string text, int most) => text.Length <= most ? text : text[..most] + "…";
}
