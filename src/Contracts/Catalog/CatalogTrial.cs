using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Contracts.Catalog;

/// <summary>
/// A change of the catalog that is to be tried: one of these, which is checked and decided as if it were made, and stored nowhere.
/// </summary>
[GenerateSerializer, Immutable, Alias("anvil.CatalogTrial")]
public sealed record CatalogTrial
{
    /// <summary>A document to be made.</summary>
    [Id(0)]
    public CatalogWrite? Make { get; init; }

    /// <summary>A document to be replaced.</summary>
    [Id(1)]
    public CatalogWrite? Replace { get; init; }

    /// <summary>A document to be patched.</summary>
    [Id(2)]
    public CatalogPatch? Amend { get; init; }

    /// <summary>A document to be deleted.</summary>
    [Id(3)]
    public CatalogRemoval? Remove { get; init; }

    /// <summary>Preferences to be set.</summary>
    [Id(4)]
    public PrefsWrite? WritePrefs { get; init; }

    /// <summary>A content pack to be stored.</summary>
    [Id(5)]
    public PackWrite? StorePack { get; init; }

    /// <summary>A content pack to be deleted.</summary>
    [Id(6)]
    public PackRemoval? RemovePack { get; init; }
}

/// <summary>What a change of the catalog would come to.</summary>
/// <param name="Answer">
/// The answer that the change would have been given; its revision is that of the catalog that it was tried upon.
/// </param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogTried")]
public sealed record CatalogTried([property: Id(0)] CatalogAnswer Answer) : IRepeatable
{
    /// <summary>What would be another than it is; nothing where the change is refused, or is none.</summary>
    [Id(1)]
    public Consequences Consequences { get => field ?? Consequences.None; init; } = Consequences.None;

    /// <inheritdoc/>
    public bool Again => Answer.Again;
}
