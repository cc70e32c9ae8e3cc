using System.Net;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Lists;

/// <summary>Addresses as they are written into a document: what is none is told with DRP's words, whatever field it stands in.</summary>
public static class WrittenAddresses
{
    /// <summary>What is written in a field of addresses and is no address of any family; what was there before is passed over.</summary>
    /// <param name="fields">The kind's fields.</param>
    /// <param name="document">The document.</param>
    /// <param name="old">What it replaces; null for nothing.</param>
    public static IEnumerable<string> Problems(FieldTable fields, Document document, Document? old)
    {
        foreach (var property in Json.Options.GetTypeInfo(document.GetType()).Properties)
        {
            if (!fields.Fields.TryGetValue(property.Name, out var field) || field.Kind != FieldKind.Address || field.Path.Count != 1
                || property.Get is not { } read) continue;
            var text = read(document) as string ?? "";
            if (text.Length == 0 || IPv4.TryParse(text, out _) || IsIPv6(text) || (old is not null && Equals(read(old), text))) continue;
            yield return $"invalid IP address: {ShortText.Of(text, LongestShown)}";
        }
    }

    private const int LongestShown = 64;

    /// <summary>One of the other family is an address; whether it can serve is the kind's to say.</summary>
    private static bool IsIPv6(string text) => text.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(text, out _);
}
