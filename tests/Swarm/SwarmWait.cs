namespace Anvil.Swarm;

/// <summary>Where a wait began.</summary>
/// <param name="Since">On the swarm's clock.</param>
/// <param name="Turn">The turn then.</param>
public readonly record struct SwarmWait(TimeSpan Since, int Turn);
