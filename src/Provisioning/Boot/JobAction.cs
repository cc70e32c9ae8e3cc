namespace Anvil.Provisioning.Boot;

/// <summary>One rendered file or script of a job (DRP's JobAction): a script when Path is empty.</summary>
public sealed record JobAction(string Name, string Path, string Content, IReadOnlyDictionary<string, string> Meta);
