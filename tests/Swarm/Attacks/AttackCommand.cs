using System.CommandLine;
using System.Net;

namespace Anvil.Swarm.Attacks;

/// <summary>`attack`: attacks until standard input ends, and says each second how many requests it sent.</summary>
internal static class AttackCommand
{
    private static readonly IReadOnlyDictionary<string, Func<AttackTarget, CancellationToken, Task>> Kinds =
        new Dictionary<string, Func<AttackTarget, CancellationToken, Task>>(StringComparer.Ordinal)
        {
            ["strangers"] = PacketAttacks.StrangersAsync,
            ["relays"] = PacketAttacks.RelaysAsync,
            ["forged"] = PacketAttacks.ForgedAsync,
            ["transfers"] = PacketAttacks.TransfersAsync,
            ["misses"] = HttpAttacks.MissesAsync,
            ["passwords"] = HttpAttacks.PasswordsAsync,
            ["connections"] = HttpAttacks.ConnectionsAsync,
            ["registrations"] = HttpAttacks.RegistrationsAsync,
        };

    /// <summary>The command.</summary>
    public static Command Make()
    {
        var kinds = new Option<string[]>("--kind")
        { Description = $"Which, all at once: {string.Join(", ", Kinds.Keys)}", Required = true, AllowMultipleArgumentsPerToken = true };
        var server = new Option<string>("--server") { Description = "The server's address", Required = true };
        var network = new Option<string>("--interface") { Description = "The attacker's interface", Required = true };
        var own = new Option<string[]>("--own")
        { Description = "The attacker's addresses", Required = true, AllowMultipleArgumentsPerToken = true };
        var victims = new Option<string[]>("--victims")
        { Description = "MAC addresses of machines that boot", AllowMultipleArgumentsPerToken = true };
        var command = new Command("attack", "Attacks a server until standard input ends") { kinds, server, network, own, victims };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var target = new AttackTarget(IPAddress.Parse(parsed.GetRequiredValue(server)), parsed.GetRequiredValue(network),
                [.. parsed.GetRequiredValue(own).Select(IPAddress.Parse)], [.. (parsed.GetValue(victims) ?? []).Select(Probes.Octets)]);
            var attacks = parsed.GetRequiredValue(kinds).Select(k => Kinds[k](target, life.Token)).ToList();
            var input = Task.Run(Console.In.ReadLine, cancellation);
            while (!input.IsCompleted)
            {
                Console.WriteLine($"{target.Sent} sent");
                if (attacks.Find(a => a.IsFaulted) is { } faulted) await faulted;
                await Task.WhenAny(input, Task.Delay(TimeSpan.FromSeconds(1), cancellation));
            }

            await life.CancelAsync();
            return 0;
        });
        return command;
    }
}
