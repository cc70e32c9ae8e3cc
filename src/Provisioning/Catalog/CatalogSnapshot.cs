using System.Collections.Frozen;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The whole catalog at one revision: configuration that everything reads and few write. Immutable; a new revision
/// replaces it as a whole. Objects in it have been checked: Available and Errors say what they lack.
/// </summary>
public sealed class CatalogSnapshot : IReservations
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, Document>> _byPrefix;

    /// <summary>Builds and checks a snapshot from its documents.</summary>
    /// <param name="revision">Revision of the store that they were read at.</param>
    /// <param name="documents">All documents, content packs and writable ones.</param>
    public CatalogSnapshot(long revision, IEnumerable<Document> documents)
    {
        Revision = revision;
        var raw = documents.GroupBy(d => d.Prefix, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        FrozenDictionary<string, T> Of<T>(string prefix, Func<T, T>? check = null)
            where T : Document
            => raw.GetValueOrDefault(prefix, []).Cast<T>().Select(d => check is null ? d : check(d)).ToFrozenDictionary(d => d.Key, StringComparer.Ordinal);

        Templates = Of<Template>("templates");
        Params = Of<Param>("params");
        Profiles = Of<Profile>("profiles");
        Users = Of<User>("users");
        Prefs = new Prefs(raw.GetValueOrDefault("prefs", []).Cast<Pref>().ToDictionary(p => p.Name, p => p.Val, StringComparer.Ordinal));
        TemplateSet = ParseTemplates(Templates.Values);
        Tasks = Of<TaskDefinition>("tasks", t => CatalogChecks.Task(t, this, raw));
        BootEnvs = Of<BootEnv>("bootenvs", e => CatalogChecks.BootEnv(e, this));
        Stages = Of<Stage>("stages", s => CatalogChecks.Stage(s, this));
        Workflows = Of<Workflow>("workflows", w => CatalogChecks.Workflow(w, this));
        Reservations = Of<Reservation>("reservations");
        Subnets = Of<Subnet>("subnets", s => CatalogChecks.Subnet(s, raw));
        _byPrefix = new Dictionary<string, FrozenDictionary<string, Document>>(StringComparer.Ordinal)
        {
            ["templates"] = Widen(Templates),
            ["params"] = Widen(Params),
            ["profiles"] = Widen(Profiles),
            ["users"] = Widen(Users),
            ["tasks"] = Widen(Tasks),
            ["bootenvs"] = Widen(BootEnvs),
            ["stages"] = Widen(Stages),
            ["workflows"] = Widen(Workflows),
            ["reservations"] = Widen(Reservations),
            ["subnets"] = Widen(Subnets),
        }.ToFrozenDictionary(StringComparer.Ordinal);
        ReservationsByToken = Reservations.Values.ToLookup(r => r.Token, StringComparer.Ordinal);
    }

    /// <summary>Revision of the store.</summary>
    public long Revision { get; }

    /// <summary>Boot environments by name.</summary>
    public FrozenDictionary<string, BootEnv> BootEnvs { get; }

    /// <summary>Templates by ID.</summary>
    public FrozenDictionary<string, Template> Templates { get; }

    /// <summary>Stages by name.</summary>
    public FrozenDictionary<string, Stage> Stages { get; }

    /// <summary>Tasks by name.</summary>
    public FrozenDictionary<string, TaskDefinition> Tasks { get; }

    /// <summary>Workflows by name.</summary>
    public FrozenDictionary<string, Workflow> Workflows { get; }

    /// <summary>Profiles by name.</summary>
    public FrozenDictionary<string, Profile> Profiles { get; }

    /// <summary>Param definitions by name.</summary>
    public FrozenDictionary<string, Param> Params { get; }

    /// <summary>Subnets by name.</summary>
    public FrozenDictionary<string, Subnet> Subnets { get; }

    /// <summary>Reservations by key.</summary>
    public FrozenDictionary<string, Reservation> Reservations { get; }

    /// <summary>Reservations by the client's token.</summary>
    public ILookup<string, Reservation> ReservationsByToken { get; }

    /// <summary>Users by name.</summary>
    public FrozenDictionary<string, User> Users { get; }

    /// <summary>Preferences.</summary>
    public Prefs Prefs { get; }

    /// <summary>All templates, parsed, calling each other by ID.</summary>
    public TemplateSet TemplateSet { get; }

    /// <inheritdoc/>
    Reservation? IReservations.At(uint address) => Reservations.GetValueOrDefault(IPv4.Hex(address));

    /// <inheritdoc/>
    IEnumerable<Reservation> IReservations.Of(string token) => ReservationsByToken[token];

    /// <summary>The documents of a kind; empty for a kind that is not in the catalog.</summary>
    public IReadOnlyDictionary<string, Document> OfKind(string prefix)
        => _byPrefix.TryGetValue(prefix, out var all) ? all : FrozenDictionary<string, Document>.Empty;

    /// <summary>The catalog as it is once some documents are gone.</summary>
    public CatalogSnapshot Without(IEnumerable<Document> gone)
    {
        var keys = gone.Select(d => (d.Prefix, d.Key)).ToHashSet();
        return new CatalogSnapshot(Revision, _byPrefix.Values.SelectMany(kind => kind.Values).Where(d => !keys.Contains((d.Prefix, d.Key))).Concat(Prefs.All.Select(p => new Pref { Name = p.Key, Val = p.Value })));
    }

    /// <summary>The enabled or disabled subnet that holds an address; the smallest one when several do.</summary>
    public Subnet? SubnetOf(uint address) => Subnets.Values.Where(s => s.Cidr.Contains(address)).MaxBy(s => s.Cidr.PrefixLength);

    private static TemplateSet ParseTemplates(IEnumerable<Template> templates)
    {
        var set = TemplateSet.Empty;
        foreach (var template in templates) set = set.With(template.ID, template.Contents);
        return set;
    }

    private static FrozenDictionary<string, Document> Widen<T>(FrozenDictionary<string, T> documents)
        where T : Document
        => documents.ToFrozenDictionary(p => p.Key, p => (Document)p.Value, StringComparer.Ordinal);
}
