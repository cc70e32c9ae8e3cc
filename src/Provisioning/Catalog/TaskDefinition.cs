using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>Scripts and files that a job runs on a machine (DRP's Task).</summary>
public sealed record TaskDefinition : Document
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

    /// <summary>Tasks that must have run before, in the same boot environment.</summary>
    public IReadOnlyList<string> Prerequisites { get; init => field = value ?? []; } = [];

    /// <summary>Roles whose rights its running jobs have beside a machine's own (DRP v4).</summary>
    public IReadOnlyList<string> ExtraRoles { get; init => field = value ?? []; } = [];

    /// <summary>Rights that its running jobs have beside a machine's own (DRP v4); the key `$self` is the job's machine.</summary>
    public IReadOnlyList<Claim> ExtraClaims { get; init => field = value ?? []; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "tasks";
}
