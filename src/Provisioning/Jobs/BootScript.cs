namespace Anvil.Provisioning.Jobs;

/// <summary>A boot script that was handed out.</summary>
/// <param name="Env">Its boot environment.</param>
/// <param name="At">When, by a clock that only goes forward.</param>
public sealed record BootScript(string Env, TimeSpan At);
