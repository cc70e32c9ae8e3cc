using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A step of a workflow (DRP's Stage).</summary>
public sealed record Stage : Document, IParamHolder
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Files rendered for machines.</summary>
    public IReadOnlyList<TemplateInfo> Templates { get; init => field = value ?? []; } = [];

    /// <summary>Params that must resolve.</summary>
    public IReadOnlyList<string> RequiredParams { get; init => field = value ?? []; } = [];

    /// <summary>Params that may be used.</summary>
    public IReadOnlyList<string> OptionalParams { get; init => field = value ?? []; } = [];

    /// <summary>Values for machines in the stage.</summary>
    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>Boot environment to change to; "" keeps it.</summary>
    public string BootEnv { get; init => field = value ?? ""; } = "";

    /// <summary>Tasks to run, in order.</summary>
    public IReadOnlyList<string> Tasks { get; init => field = value ?? []; } = [];

    /// <summary>Profiles that machines in the stage have.</summary>
    public IReadOnlyList<string> Profiles { get; init => field = value ?? []; } = [];

    /// <summary>Always reboot on entry.</summary>
    public bool Reboot { get; init; }

    /// <summary>Always true; kept for clients.</summary>
    public bool RunnerWait { get; init; }

    /// <summary>True when parts were left out of an answer.</summary>
    public bool Partial { get; init; }

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "stages";

    /// <inheritdoc/>
    Document IParamHolder.WithParams(IReadOnlyDictionary<string, JsonElement> values) => this with { Params = values };
}
