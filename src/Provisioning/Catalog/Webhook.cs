using System.Text.Json;
using System.Text.Json.Serialization;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>An address that is told of events, each delivery signed (Anvil's own kind; DRP has none).</summary>
public sealed record Webhook : Document
{
    /// <summary>The kind's name.</summary>
    public const string Kind = "webhooks";

    /// <summary>Who disables webhooks and tells of dead letters, as events name it.</summary>
    public const string Teller = "webhooks";

    /// <summary>Webhooks in all.</summary>
    public const int Most = 64;

    /// <summary>Patterns of one.</summary>
    public const int MostEvents = 100;

    /// <summary>Characters of a pattern.</summary>
    public const int LongestEvent = 512;

    /// <summary>Characters of the address.</summary>
    public const int LongestUrl = 2048;

    /// <summary>Characters that a secret has at least.</summary>
    public const int ShortestSecret = 16;

    /// <summary>Characters that a secret has at most.</summary>
    public const int LongestSecret = 256;

    /// <summary>How a secret begins that is sealed.</summary>
    private const string Mark = "sealed:";

    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Where deliveries are posted: http or https, without a password in it.</summary>
    public string Url { get; init => field = value ?? ""; } = "";

    /// <summary>False: nothing is delivered, and what happens waits in the log of events.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What it is told of: `type.action.key`, each `*` for all, as a websocket registers.</summary>
    public IReadOnlyList<string> Events { get; init => field = value ?? []; } = [];

    /// <summary>What deliveries are signed with; write-only. It is stored sealed.</summary>
    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// SHA-256 of the one certificate that the receiver has, 64 hexadecimal digits; "": any that the system trusts for the host's name.
    /// </summary>
    public string Fingerprint { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// The user whose rights decide what it is told: who made it, or last said where it goes (Url, Secret, Fingerprint). The server writes
    /// it.
    /// </summary>
    public string Owner { get; init => field = value ?? ""; } = "";

    /// <summary>Place in the log of events (`Seq`) after which it is told of them. The server writes it.</summary>
    public string Begins { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// What the owner might read when it said where deliveries go; null for who might do everything. The server writes it, and shows it to
    /// nobody.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ReadGrant? Grant { get; init; }

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => Kind;

    /// <summary>True for a secret as it is stored.</summary>
    [JsonIgnore]
    public bool HasSealedSecret => Secret.StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>The webhook as it may be stored.</summary>
    public Webhook Sealed(ParamKeys keys) => Secret.Length == 0 || HasSealedSecret ? this
        : this with { Secret = Mark + keys.Seal(Kind, Name, Json.Element(Secret)).GetRawText() };

    /// <summary>The secret; null for one that was sealed by another master key, or is damaged.</summary>
    public string? OpenSecret(ParamKeys keys)
    {
        if (!HasSealedSecret) return null;
        try
        {
            using var closed = JsonDocument.Parse(Secret.AsMemory(Mark.Length));
            return keys.TryOpen(Kind, Name, closed.RootElement, out var opened) && opened.ValueKind == JsonValueKind.String
                ? opened.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why a text is no address that deliveries can be posted to; null when it is one.</summary>
    public static string? UrlProblem(string url)
    {
        if (url.Length is 0 or > LongestUrl) return $"Url: an address of 1 to {LongestUrl} characters is needed";
        if (!url.All(c => c is > ' ' and < '\u007F')) return "Url: other characters than ASCII's are escaped (RFC 3986 section 2.1)";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.Host.Length == 0)
            return "Url: a whole address that begins with http:// or https:// is needed";
        if (uri.UserInfo.Length > 0) return "Url: a name or password in it would be shown to all who may read the webhook";
        return url.Contains('#', StringComparison.Ordinal) ? "Url: a fragment is sent to nobody" : null;
    }
}
