using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Network;

/// <summary>An address that a client holds (DRP's Lease). Its key is the address as upper-case hex.</summary>
public sealed record Lease : Document
{
    /// <summary>Offered, waiting for the client's REQUEST.</summary>
    public const string Offer = "OFFER";

    /// <summary>Held by the client.</summary>
    public const string Ack = "ACK";

    /// <summary>Given back, or run out.</summary>
    public const string Expired = "EXPIRED";

    /// <summary>In use by somebody else: declined, or found by a probe.</summary>
    public const string Invalid = "INVALID";

    /// <summary>Another server's lease, as seen beside it in a proxy subnet (DRP's name of it).</summary>
    public const string Fake = "FAKE";

    /// <summary>The leased address.</summary>
    public string Addr { get; init => field = value ?? ""; } = "";

    /// <summary>Next server given with it.</summary>
    public string NextServer { get; init => field = value ?? ""; } = "";

    /// <summary>Address by which the request reached us (relay or interface).</summary>
    public string Via { get; init => field = value ?? ""; } = "";

    /// <summary>The client's link as its relay names it (RFC 3046: circuit and remote id, in hex); "" where no relay says.</summary>
    public string Link { get; init => field = value ?? ""; } = "";

    /// <summary>The client: its MAC address; "" for an invalid address.</summary>
    public string Token { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Of what is seen beside another server: who had the address until this client asked for it, which proves nothing. Of an offer that
    /// nobody took, and of an address that is set aside: whose it was last. "" for nobody.
    /// </summary>
    public string Former { get; init => field = value ?? ""; } = "";

    /// <summary>When the former client's own time ends, or ended.</summary>
    public DateTimeOffset FormerUntil { get; init; }

    /// <summary>The former client's time ended because somebody said in its name that it gives the address back.</summary>
    public bool FormerReleased { get; init; }

    /// <summary>Seconds.</summary>
    public int Duration { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset ExpireTime { get; init; }

    /// <summary>How the token was made.</summary>
    public string Strategy { get; init => field = value ?? ""; } = "";

    /// <summary>OFFER, ACK, EXPIRED, INVALID or FAKE.</summary>
    public string State { get; init => field = value ?? ""; } = "";

    /// <summary>Options given with it.</summary>
    public IReadOnlyList<DhcpOptionSetting> Options { get; init => field = value ?? []; } = [];

    /// <summary>True in an unmanaged subnet.</summary>
    public bool SkipBoot { get; init; }

    /// <inheritdoc/>
    public override string Key => IPv4.TryParse(Addr, out var address) ? IPv4.Hex(address) : Addr;

    /// <inheritdoc/>
    public override string Prefix => "leases";

    /// <summary>True while nobody else may have the address.</summary>
    public bool IsLive(DateTimeOffset now) => State != Expired && ExpireTime > now;

    /// <summary>
    /// True when it ran out without having been given back, and nobody else got the address since: its client may be using it still.
    /// </summary>
    public bool HasLapsed(DateTimeOffset now) => State is Ack or Fake && Token.Length > 0 && ExpireTime <= now;

    /// <summary>True for what gives the address to nobody: an offer, or what sets it aside. It is whose it was last.</summary>
    public bool GivesNothing() => State == Offer || Token.Length == 0;

    /// <summary>This one, with whose the address was last as another says that takes its place.</summary>
    /// <param name="before">What stands at the address until now; null for nothing.</param>
    public Lease After(Lease? before) => before is null ? this
        : before.GivesNothing() ? this with
        {
            Former = before.Former,
            FormerUntil = before.FormerUntil,
            FormerReleased = before.FormerReleased,
        }
        : this with
        {
            Former = before.Token,
            // What was set aside ends by itself: its client may have had another address by then.
            FormerUntil = before.State == Invalid ? default : before.ExpireTime,
            FormerReleased = before.State is Expired or Invalid,
        };
}
