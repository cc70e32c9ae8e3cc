namespace Anvil.Contracts.Catalog;

/// <summary>The boot files of this edge: what lies in its file root.</summary>
public interface IBootFiles
{
    /// <summary>True when there is a file at a path below the file root.</summary>
    bool Has(string path);
}
