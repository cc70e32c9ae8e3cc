using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The kinds of clients by the catalog's param, read again when profile global is another one. Rows that cannot be read, have no mark, or
/// set an option that cannot be set are left out. Thread-safe.
/// </summary>
public sealed class ClientKindTable
{
    /// <summary>The schema's bound; what an option's octet counts is less than four times as much.</summary>
    private const int LongestMenu = 64;

    private (Profile? Global, ClientKinds Kinds) _read = (null, ClientKinds.BuiltIn);
    private readonly Lock _gate = new();

    /// <summary>The kinds of a catalog.</summary>
    public ClientKinds Of(CatalogSnapshot catalog)
    {
        var global = catalog.Profiles.GetValueOrDefault(Profile.Global);
        lock (_gate)
        {
            if (!ReferenceEquals(global, _read.Global)) _read = (global, Read(global));
            return _read.Kinds;
        }
    }

    private static ClientKinds Read(Profile? global)
        => global is not null && global.Params.TryGetValue(ClientKinds.Param, out var value) && value.ValueKind == JsonValueKind.Array
            ? new ClientKinds([.. value.EnumerateArray().Take(ClientKinds.MostRows).Select(Row).OfType<ClientKindRow>()])
            : ClientKinds.BuiltIn;

    private static ClientKindRow? Row(JsonElement value)
    {
        try
        {
            var row = value.Deserialize<ClientKindRow>(Json.Options);
            return row is null || row.IsBlank || row.Menu.Length > LongestMenu || OptionRules.Problems(row.Options, []).Any() ? null : row;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
