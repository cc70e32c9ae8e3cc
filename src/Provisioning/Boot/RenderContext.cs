using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// Makes a token for a template: for one machine (its uuid) or, with null, for an unknown one; with the name of a profile, whose params
/// it may set beside, or "".
/// </summary>
public delegate string TokenSource(string? machine, TimeSpan life, string profile = "");

/// <summary>Everything that a template can see.</summary>
/// <param name="Catalog">Snapshot to render from.</param>
/// <param name="Server">How the requester reaches us.</param>
/// <param name="Machine">The machine; null for an unknown one.</param>
/// <param name="Env">Its boot environment.</param>
/// <param name="Token">Makes tokens.</param>
public sealed record RenderContext(CatalogSnapshot Catalog, BootServer Server, Machine? Machine, BootEnv? Env, TokenSource Token)
{
    /// <summary>Makes none: for who is shown what is rendered, and is not whom it is for.</summary>
    public static TokenSource NoToken { get; } = (_, _, _) => "";

    /// <summary>What stands in the place of a secret that is not shown.</summary>
    public const string Masked = "********";

    /// <summary>Makes a text that is no token, and says so.</summary>
    public static TokenSource TokenShown { get; } = (_, _, _) => "(a token)";

    /// <summary>What opens secure params; null: rendering one fails, sealed or in clear.</summary>
    public ParamKeys? Keys { get; init; }

    /// <summary>True for a machine that is given secure params.</summary>
    public bool MayBeGiven => Machine?.Boot.IsTrusted == true;

    /// <summary>True where what is rendered may hold secure params.</summary>
    public bool MayOpen => MayBeGiven && Keys is not null;

    /// <summary>
    /// Which secret values are shown to who looks at what is rendered, by the param and where its value is; others stand as
    /// <see cref="Masked"/>. Null: what is rendered is for the machine.
    /// </summary>
    public Func<string, LayeredParam, bool>? Shows { get; init; }

    /// <summary>Is told of the params that are asked for; null: nobody is.</summary>
    public ParamReads? Reads { get; init; }

    /// <summary>The templates that may be called; null: all of the catalog's.</summary>
    public TemplateSet? Called { get; init; }

    /// <summary>The templates that are there to be called.</summary>
    public TemplateSet Templates => Called ?? Catalog.TemplateSet;

    /// <summary>Stage of a stage's file, or the machine's.</summary>
    public Stage? Stage { get; init; }

    /// <summary>Task of a job's file.</summary>
    public TaskDefinition? Task { get; init; }

    /// <summary>System of the runner that a task's files are for; "" for boot files.</summary>
    public string TargetOS { get; init; } = "";

    /// <summary>Uuid of the job whose files are rendered; "" for boot files.</summary>
    public string Job { get; init; } = "";

    /// <summary>MAC address that a file is rendered for.</summary>
    public string Mac { get; init; } = "";

    /// <summary>Path of the file that is rendered.</summary>
    public string Path { get; init; } = "";

    /// <summary>What all renders of the request may take together; null: each file has a budget of its own.</summary>
    public RenderBudget? Budget { get; init; }

    /// <summary>The machine's architecture, amd64 for an unknown machine.</summary>
    public string Arch => Machine?.Arch is { Length: > 0 } arch ? arch : "amd64";
}
