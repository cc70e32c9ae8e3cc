namespace Anvil.Provisioning.Access;

/// <summary>Secure params that were opened by one request: names alone, never a value.</summary>
/// <param name="Who">Who asked: a user, a machine, a job of one.</param>
/// <param name="IsMachine">It was no person.</param>
/// <param name="Of">The object whose params they are, such as machines:KEY; of several how many there are.</param>
/// <param name="How">By what they were opened: a path, a boot file, a job's actions.</param>
/// <param name="Params">Names of the params.</param>
public sealed record SecretOpening(string Who, bool IsMachine, string Of, string How, IReadOnlyCollection<string> Params)
{
    /// <summary>Uuid of the machine whose timeline tells it; "" where it is no single machine's.</summary>
    public string Machine { get; init; } = "";

    /// <summary>The machine that brings it about, itself or by a job; "" for a person.</summary>
    public string Source { get; init; } = "";

    /// <summary>What tells the objects from others of the same number: of several a hash of their keys; "" for one.</summary>
    public string Which { get; init; } = "";

    /// <summary>Who asks, in words.</summary>
    public static string Named(Principal who) => who switch
    {
        { Kind: PrincipalKind.User } => $"user {who.Name}",
        { Job.Length: > 0 } => $"job {who.Job} ({who.Task}) of machine {who.Name}",
        _ => $"machine {who.Name}",
    };
}
