namespace Anvil.Provisioning.Lists;

/// <summary>The rows among which a list is made, whatever it asks for: of others nothing is told, not their number either.</summary>
/// <param name="Field">A field of one text.</param>
/// <param name="Keys">What it may be; or, of what follows machines, the machines.</param>
public sealed record ListScope(Field Field, IReadOnlySet<string> Keys)
{
    /// <summary>The field has a MAC address, and the keys are machines that have it.</summary>
    public bool ByMac { get; init; }
}
