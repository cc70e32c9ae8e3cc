using System.Collections.Frozen;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Webhooks (Anvil's own). Whoever says where deliveries go is whose rights they are held to.</summary>
internal sealed class WebhookKind() : CatalogKind<Webhook>(Webhook.Kind)
{
    /// <inheritdoc/>
    public override IReadOnlySet<string> WriteOnly { get; } =
        FrozenSet.ToFrozenSet([nameof(Webhook.Secret), nameof(Webhook.Grant)], StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Document Shown(Document document) => (Webhook)document with { Secret = "", Grant = null };

    /// <inheritdoc/>
    public override Webhook Empty(string key) => new() { Name = key, Enabled = false };

    /// <summary>
    /// Another one would have deliveries of its own choice sent with what somebody else may see: who says anew where they go is the owner
    /// from then on. What else is changed leaves it, so that nobody lends rights by mending a description.
    /// </summary>
    public override Document Owned(Document document, Document? old, Signer by)
    {
        var (after, before) = ((Webhook)document, (Webhook?)old);
        return before is not null && after.Url == before.Url && after.Secret == before.Secret && after.Fingerprint == before.Fingerprint
            ? after with { Owner = before.Owner, Grant = before.Grant }
            : after with { Owner = by.IsUser ? by.Name : "", Grant = ReadGrant.Of(by) };
    }

    /// <inheritdoc/>
    protected override Webhook Fill(Webhook document) => document with
    {
        Events = [.. document.Events.Distinct(StringComparer.Ordinal)],
        Fingerprint = document.Fingerprint.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant(),
    };

    /// <summary>What is never shown cannot be sent back: without a word about it, it stays.</summary>
    protected override Webhook Keep(Webhook document, Webhook old) => document with
    {
        Secret = document.Secret.Length > 0 ? document.Secret : old.Secret,
        Begins = old.Begins,
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Webhook document, Webhook? old, CatalogSnapshot catalog)
        => KindRules.Bounded(Beyond(document, old, catalog), () =>
        [
            .. KindRules.Name(document.Name, old),
            .. Webhook.UrlProblem(document.Url) is { } problem ? [problem] : (string[])[],
            .. document.Events.Select((e, i) => (Text: e, Place: i)).Where(e => e.Text is null || EventPattern.Parse(e.Text) is null)
                .Select(e => $"Events[{e.Place}]: a pattern is TYPE.ACTION.KEY, each * for all"),
            .. document.Secret == old?.Secret ? [] : Secret(document),
            .. document.Fingerprint.Length > 0 && !(document.Fingerprint.Length == 64 && document.Fingerprint.All(char.IsAsciiHexDigit))
                ? ["Fingerprint: the SHA-256 of a certificate has 64 hexadecimal digits"] : (string[])[],
            .. document.Owner.Length == 0 && old?.Owner != "" ? ["Owner: a webhook is a user's; machines have none"] : (string[])[],
        ]);

    private static IEnumerable<string> Secret(Webhook document)
    {
        if (document.Secret.Length is < Webhook.ShortestSecret or > Webhook.LongestSecret)
            yield return $"Secret: {Webhook.ShortestSecret} to {Webhook.LongestSecret} characters are needed to sign deliveries with";
        if (document.HasSealedSecret) yield return "Secret: one does not begin as sealed ones do";
    }

    private static IEnumerable<string> Beyond(Webhook document, Webhook? old, CatalogSnapshot catalog) =>
    [
        .. old is null && catalog.OfKind(Webhook.Kind) is var all && !all.ContainsKey(document.Name) && all.Count >= Webhook.Most
            ? [$"there are {Webhook.Most} webhooks already, and no more"] : (string[])[],
        .. document.Events.Count is 0 or > Webhook.MostEvents
            ? [$"Events: a webhook has 1 to {Webhook.MostEvents} patterns"] : (string[])[],
        .. document.Events.Any(e => e?.Length > Webhook.LongestEvent)
            ? [$"Events: a pattern has at most {Webhook.LongestEvent} characters"] : (string[])[],
        .. document.Grant?.IsWithinBounds == false
            ? [$"Owner: who says where deliveries go has at most {ReadGrant.MostClaims} rights to read, of {ReadGrant.MostCharacters} "
                + "characters together"] : (string[])[],
    ];
}
