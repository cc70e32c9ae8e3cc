using Anvil.Provisioning.Jobs;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Anvil.Contracts.Machines;

/// <summary>One machine: owns its document, its task list and its jobs. Bodies are the API's JSON.</summary>
[Alias("anvil.IMachineGrain"), Version(1)]
public interface IMachineGrain : IGrainWithStringKey
{
    /// <summary>Makes the machine.</summary>
    [Alias("Create")]
    Task<Reply> Create(string body, Actor actor, bool discovered, bool force);

    /// <summary>The document.</summary>
    [Alias("Get")]
    Task<Reply> Get();

    /// <summary>The document, once its revision is not <paramref name="revision"/> any more; 304 when it still is after the
    /// wait.</summary>
    [Alias("Watch"), AlwaysInterleave, ResponseTimeout("00:01:30")]
    Task<Reply> Watch(long revision, TimeSpan wait);

    /// <summary>Patches the document (RFC 6902).</summary>
    [Alias("Patch")]
    Task<Reply> Patch(string patch, Actor actor, bool force);

    /// <summary>Replaces the document.</summary>
    [Alias("Put")]
    Task<Reply> Put(string body, Actor actor, bool force);

    /// <summary>Deletes the machine; its jobs remain.</summary>
    [Alias("Delete")]
    Task<Reply> Delete(Actor actor);

    /// <summary>POST /jobs: the next job for the machine's agent.</summary>
    [Alias("NextJob")]
    Task<Reply> NextJob(Actor actor);

    /// <summary>Changes the current job (RFC 6902).</summary>
    [Alias("PatchJob")]
    Task<Reply> PatchJob(string job, string patch, Actor actor);

    /// <summary>Makes the machine.</summary>
    [Alias("Make")]
    Task<MachineAnswer> Make(MachineWrite write);

    /// <summary>
    /// The machine registers itself though it is known: it has a network card that nobody knew of. 409 when the registration does not
    /// name every card that it is known by. The answer holds nothing that is secret.
    /// </summary>
    [Alias("Join")]
    Task<MachineAnswer> Join(MachineWrite write);

    /// <summary>Approves of a machine that registered itself. Silos of the version before do not know this call.</summary>
    [Alias("Approve")]
    Task<MachineAnswer> Approve(ChangeTerms terms);

    /// <summary>The machine; 404 when there is none.</summary>
    [Alias("Read")]
    Task<MachineAnswer> Read();

    /// <summary>The machine, once its revision is not <paramref name="revision"/> any more; 304 when it still is after the wait.</summary>
    [Alias("Await"), AlwaysInterleave, ResponseTimeout("00:01:30")]
    Task<MachineAnswer> Await(long revision, TimeSpan wait);

    /// <summary>Replaces the machine's document.</summary>
    [Alias("Replace")]
    Task<MachineAnswer> Replace(MachineWrite write);

    /// <summary>Patches the machine's document (RFC 6902).</summary>
    [Alias("Amend")]
    Task<MachineAnswer> Amend(DocumentPatch patch);

    /// <summary>
    /// Says what the machine's part in a step of several comes to, which another one stores. From now on, until <see cref="Settle"/> is
    /// called or the time of a step is over, the machine's row is read again whenever the machine is asked for.
    /// </summary>
    [Alias("Prepare")]
    Task<PreparedMove> Prepare(MachineMove move, ChangeTerms terms);

    /// <summary>The step is over: stored or not, as the row says.</summary>
    [Alias("Settle")]
    Task<Reply> Settle();

    /// <summary>
    /// Seals values in clear of params that are secure by now. Silos of the version before do not know this call.
    /// </summary>
    [Alias("Seal")]
    Task<Reply> Seal();

    /// <summary>Deletes the machine; its jobs remain.</summary>
    [Alias("Remove")]
    Task<MachineAnswer> Remove(ChangeTerms terms);

    /// <summary>The next job for the machine's agent (DRP's POST /jobs).</summary>
    [Alias("StartJob")]
    Task<JobAnswer> StartJob(Actor actor);

    /// <summary>Patches the machine's current job (RFC 6902).</summary>
    [Alias("AmendJob")]
    Task<JobAnswer> AmendJob(string job, DocumentPatch patch);

    /// <summary>
    /// Says what a change of the machine or of its job would come to, and makes it not
    /// (<see cref="Catalog.ICatalogGrain.Try"/> says why it is a call of its own).
    /// </summary>
    [Alias("Try")]
    Task<MachineTried> Try(MachineTrial trial);

    /// <summary>The secrets that the machine's tokens prove; null when there is no machine.</summary>
    [Alias("Secrets"), AlwaysInterleave]
    Task<MachineSecrets?> Secrets();

    /// <summary>The edge saw the machine boot or ask for an address.</summary>
    [Alias("Sighted")]
    Task<Reply> Sighted(Sighting sighting);
}

/// <summary>What a machine's tokens prove.</summary>
[GenerateSerializer, Immutable, Alias("anvil.MachineSecrets")]
public sealed record MachineSecrets([property: Id(0)] string Secret, [property: Id(1)] string BootId)
{
    /// <summary>Uuid of the job that is under way; "" for none.</summary>
    [Id(2)]
    public string Job { get => field ?? ""; init; }

    /// <summary>Name of its task.</summary>
    [Id(3)]
    public string Task { get => field ?? ""; init; }

    /// <summary>Somebody with the right has defined the machine, approved of it, or decided what it runs.</summary>
    [Id(4)]
    public bool IsTrusted { get; init; }

    /// <summary>Its own profiles; null from a silo of the version before.</summary>
    [Id(5)]
    public IReadOnlyList<string>? Profiles { get; init; }

    /// <summary>Name of its stage.</summary>
    [Id(6)]
    public string Stage { get => field ?? ""; init; }
}

/// <summary>What the edge saw.</summary>
[GenerateSerializer, Alias("anvil.SightingKind")]
public enum SightingKind
{
    /// <summary>A DISCOVER of firmware or boot program: a network boot begins.</summary>
    Discover,

    /// <summary>A lease was given.</summary>
    Leased,

    /// <summary>The boot script was handed out.</summary>
    Script,

    /// <summary>
    /// A DISCOVER of firmware that got no boot answer: it goes on to its own disk. Never sent as such, since the version before does not
    /// know it: see <see cref="Sighting.FromDisk"/>.
    /// </summary>
    Disk,
}

/// <summary>One sighting of a machine by the edge.</summary>
/// <param name="Kind">What was seen.</param>
/// <param name="Address">The address that is leased, or that the script was given to; or "".</param>
/// <param name="Firmware">pcbios or uefi; "" when an operating system asked.</param>
/// <param name="Via">Boot program, or disk.</param>
[GenerateSerializer, Immutable, Alias("anvil.Sighting")]
public sealed record Sighting([property: Id(0)] SightingKind Kind, [property: Id(1)] string Address, [property: Id(2)] string Firmware,
    [property: Id(3)] string Via)
{
    /// <summary>
    /// The machine goes on to its own disk. <see cref="Kind"/> says Script then and <see cref="Via"/> disk, which is how the version
    /// before this one tells of it and understands it.
    /// </summary>
    [Id(4)]
    public bool FromDisk { get; init; }

    /// <summary>
    /// The name that the edge gave to the boot that begins with a script: tokens in the script are bound to it. "" from silos of the
    /// version before.
    /// </summary>
    [Id(5)]
    public string BootId { get => field ?? ""; init; }

    /// <summary>
    /// Why its boot environment cannot boot it, for a person: it asked for a file that cannot be had. "" otherwise. <see cref="Kind"/>
    /// says Discover then, which is what silos of the version before take it for.
    /// </summary>
    [Id(6)]
    public string Failure { get => field ?? ""; init; }

    /// <summary>What was seen.</summary>
    public SightingKind What => FromDisk ? SightingKind.Disk : Kind;

    /// <summary>A DISCOVER of firmware that got no boot answer.</summary>
    public static Sighting OfDisk(string firmware) => new(SightingKind.Script, "", firmware, "disk") { FromDisk = true };
}
