namespace Anvil.Lab.Tests;

/// <summary>
/// After how long something is not going to come any more. They are hit by faults alone: a machine with one processor, or with two that do
/// other things as well, is slow, and that is none. What a protocol bounds is asserted by what was sent, not by these.
/// </summary>
internal static class Deadline
{
    /// <summary>What takes seconds on a machine with nothing else to do.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    /// <summary>What firmware and a kernel have to be up for, which are emulated.</summary>
    public static readonly TimeSpan Boot = TimeSpan.FromMinutes(15);

    /// <summary>What a disk image or an installer has to be unpacked for.</summary>
    public static readonly TimeSpan Deployment = TimeSpan.FromMinutes(30);

    /// <summary>A whole installation, package by package.</summary>
    public static readonly TimeSpan Installation = TimeSpan.FromMinutes(120);
}
