using System.Security.Cryptography;
using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Machines;

/// <summary>How a change of a machine is meant.</summary>
/// <param name="Force">Skip the pending-task and in-stage guards, and accept missing references.</param>
/// <param name="ByMachine">Made with a machine's token.</param>
/// <param name="MayUpdateTaskList">May set CurrentTask backwards.</param>
public sealed record ChangeOptions(bool Force = false, bool ByMachine = false, bool MayUpdateTaskList = true)
{
    /// <summary>Who asks, as events name it.</summary>
    public string By { get; init; } = "";

    /// <summary>Made with the token of a running job of a task that somebody with the right has set.</summary>
    public bool ByTask { get; init; }

    /// <summary>Has the right to give any machine any card: more than a machine or a job has for itself.</summary>
    public bool MayAddCards { get; init; }

    /// <summary>Force of somebody else than a job: a job forces nothing that decides what runs.</summary>
    public bool ForcesWhatRuns => Force && !ByTask;

    /// <summary>Name of that job's task.</summary>
    public string Task { get; init; } = "";

    /// <summary>The rights that a user's choice is held to; null for who is held to nothing.</summary>
    public Rights? Rights { get; init; }

    /// <summary>The subnet's or site's policy about machines that register themselves (<see cref="RegistrationPolicy"/>).</summary>
    public string Admission { get; init; } = RegistrationPolicy.Open;

    /// <summary>The revision that the machine must still have; null: any.</summary>
    public long? IfRevision { get; init; }

    /// <summary>The version that the machine's job must still have; "": any.</summary>
    public string IfTag { get; init; } = "";

    /// <summary>Why a registration may be a machine that is known, and was not taken for it; "" where nothing says so.</summary>
    public string Doubt { get; init; } = "";

    /// <summary>A registration names cards of which no lease is known.</summary>
    public bool IsUnleased { get; init; }

    /// <summary>Name of the subnet in which a machine registers itself; "" for none.</summary>
    public string RegisteredIn { get; init; } = "";
}

/// <summary>What may be done to a machine's document, and what follows from it (DRP's create and save rules).</summary>
public static class MachineRules
{
    /// <summary>Most octets that a machine may say of itself, as JSON that is stored.</summary>
    public const int MostFactOctets = 256 * 1024;

    /// <summary>Most facts that a machine may say of itself: edges keep the names of all machines' params in memory.</summary>
    public const int MostFacts = 128;

    /// <summary>Characters of a fact's name.</summary>
    public const int LongestFact = 128;

    /// <summary>Most params of a machine, whoever sets them.</summary>
    public const int MostParams = 2000;

    /// <summary>Characters of the name of the operating system that is installed: a boot's token writes it.</summary>
    public const int LongestOs = NameRules.Longest;

    /// <summary>Most network cards of a machine that it names itself.</summary>
    public const int MostOwnCards = 16;

    /// <summary>Most network cards of a machine, whoever names them.</summary>
    public const int MostCards = 1024;

    /// <summary>Why a machine is stuck of which there is doubt, as everybody may know it.</summary>
    public const string Doubted = "stuck: it is not sure which machine this is; a person decides (Boot.Doubt tells people why)";

    /// <summary>Most profiles of a machine: what is read of them and of those within them ends there as well.</summary>
    public const int MostProfiles = NestedProfiles.Most;

    /// <summary>A new machine, filled and checked.</summary>
    /// <param name="wanted">The document.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="now">The time.</param>
    /// <param name="discovered">It registers itself: nobody has defined it.</param>
    /// <param name="options">On whose behalf.</param>
    /// <param name="secret">Signs the machine's tokens.</param>
    /// <exception cref="ApiException">403: no machine is let in; 422 with every problem.</exception>
    public static Machine Create(Machine wanted, CatalogSnapshot catalog, DateTimeOffset now, bool discovered, ChangeOptions options,
        string secret)
    {
        CheckSize(wanted, null);
        var prefs = catalog.Prefs;
        if (discovered && options.Admission == RegistrationPolicy.Closed)
            throw new ApiException(new ApiError("machines", "", "Registration", ["machines do not register themselves here"], 403));
        var pending = discovered && (options.Admission != RegistrationPolicy.Open || options.Doubt.Length > 0);
        wanted = WithoutOwnContext(wanted, []);
        var machine = Normalize(wanted) with
        {
            // A machine that names its stage or boot environment is not moved out of it by the default workflow.
            Workflow = wanted.Workflow.Length > 0 || wanted.Stage.Length > 0 || wanted.BootEnv.Length > 0
                ? wanted.Workflow : prefs["defaultWorkflow"],
            Stage = wanted.Stage.Length > 0 ? wanted.Stage : prefs["defaultStage"],
            BootEnv = wanted.BootEnv.Length > 0 ? wanted.BootEnv : BootEnvOf(wanted.Stage, catalog) ?? prefs["defaultBootEnv"],
            Arch = wanted.Arch.Length > 0 ? wanted.Arch : "amd64",
            Secret = secret,
            Runnable = !pending,
            CurrentJob = "",
            CurrentTask = -1,
            ReadOnly = false,
            Bundle = "",
            Boot = new MachineBoot
            {
                Admission = !discovered ? "" : pending ? MachineBoot.Pending : MachineBoot.Open,
                Unleased = discovered && options.IsUnleased,
                RegisteredIn = discovered ? options.RegisteredIn : "",
            },
        };
        if (machine.Workflow.Length > 0 && catalog.Workflows.TryGetValue(machine.Workflow, out var workflow))
            machine = EnterWorkflow(machine, workflow, catalog);
        else if (machine.Tasks.Count == 0 && catalog.Stages.TryGetValue(machine.Stage, out var stage))
            machine = machine with { Tasks = TaskLists.ForStage(stage, catalog) };
        if (pending) machine = machine with { BootEnv = WhileItWaits.BootEnvOf(machine, catalog) };
        machine = WithOsOfInstaller(machine with { Meta = WithFeatureFlag(machine.Meta) }, catalog);

        var broken = Broken(machine, null, catalog).ToList();
        if (discovered) broken.AddRange(OwnProblems(machine, new Machine()));
        // A workflow puts its own list in the place of the one that was asked for.
        var missing = MachineReferences.Problems(machine, catalog);
        if (wanted.Tasks.Count > 0 && !ReferenceEquals(machine.Tasks, wanted.Tasks))
        {
            missing = [.. missing.Union(MachineReferences.Mistakes(machine with { Tasks = [] }, machine with { Tasks = wanted.Tasks },
                catalog), StringComparer.Ordinal)];
        }

        var untouched = Untouched(wanted, machine, prefs);
        // What is beyond somebody's reach is told beside what is not there, as that is.
        var beyond = ReachRules.Problems(options, untouched, machine, catalog);
        if (broken.Count > 0 || beyond.Count > 0 || (missing.Count > 0 && !options.ForcesWhatRuns))
        {
            throw new ApiException(ApiError.Invalid("machines", machine.Uuid,
                [.. broken, .. ReachRules.Mixed(options, missing, beyond, catalog)]));
        }

        TaskGrants.Check(options, untouched, machine, catalog);
        machine = Lifecycle.Created(Availability(machine, missing), discovered, catalog, now);
        // The reason is told to the machine, and kept in events and in its timeline, which it reads: the doubt names others.
        return options.Doubt.Length == 0 ? machine
            : machine with { Boot = machine.Boot with { Stuck = true, Reason = Doubted, Doubt = options.Doubt } };
    }

    /// <summary>
    /// What a machine that nobody knows may say of itself when it registers: name, addresses, architecture and hardware facts.
    /// Profiles, workflow and the rest are the server's to decide, or a stranger could have itself rendered other people's secrets.
    /// </summary>
    public static Machine Registration(Machine wanted) => new()
    {
        Name = wanted.Name,
        Arch = wanted.Arch,
        Address = wanted.Address,
        HardwareAddrs = wanted.HardwareAddrs,
        Params = wanted.Params.Where(p => IsFact(p.Key))
            .ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal),
    };

    /// <summary>
    /// A known machine that registers itself, since it has booted from a card that nobody knew of: it has that card as well. That is
    /// believed where DHCP has seen one of the machine's own cards on the same link, or where nobody has seen the machine yet; and where
    /// it is the same system by its serial number or asset tag, or names every card that the machine is known by. Whatever was seen, it
    /// is only its word: who is given secure params or rights, was approved of or waits for it, or is where machines do not come in by
    /// themselves, gets no card by it. Else a person decides.
    /// </summary>
    /// <param name="known">The machine.</param>
    /// <param name="registered">What registers itself, with the cards that are its own.</param>
    /// <param name="claims">All cards that it names.</param>
    /// <param name="isOnLink">DHCP has seen one of the machine's cards on its link.</param>
    /// <param name="policy">The policy about machines that register themselves where it is (<see cref="RegistrationPolicy"/>).</param>
    /// <param name="catalog">What the machine is given.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ApiException">409 that names the machine; 422 for a card whose address is none.</exception>
    public static Machine Joined(Machine known, Machine registered, IReadOnlyList<string> claims, bool isOnLink, string policy,
        CatalogSnapshot catalog, DateTimeOffset now)
    {
        ApiException Refused(string why) => new(ApiError.Conflict("machines", known.Uuid, "CREATE", $"machine {known.Name} {why}"));
        var cards = Normalize(registered).HardwareAddrs;
        var named = HardwareIdentity.Told(registered with { HardwareAddrs = claims }).Union(cards).ToList();
        var (own, other) = (HardwareIdentity.Of(HardwareMarks.Serial, known), HardwareIdentity.Of(HardwareMarks.Serial, registered));
        if (HardwareIdentity.AreTwo(known, registered))
            throw Refused("has one of these HardwareAddrs, and another serial number or system UUID: one of their cards was in the other");
        var isSame = (own.Length > 0 && own == other) || (HardwareIdentity.Of(HardwareMarks.Asset, known) is { Length: > 0 } tag
            && tag == HardwareIdentity.Of(HardwareMarks.Asset, registered));
        if (!isSame && (known.HardwareAddrs.Count == 0 || known.HardwareAddrs.Except(named).Any()))
            throw Refused("has one of these HardwareAddrs, and others that were not named: take them from it, or add the new ones to it");
        if (known.Locked) throw Refused("is locked: unlock it, or add the card to it");
        if (!isOnLink && (known.Boot.Phase != Phase.Unknown || known.Boot.LastSeen != default))
            throw Refused("may be this one, but DHCP has not seen both on one link: somebody with the right may add the card to it");
        if (cards.Except(known.HardwareAddrs).Any() && StrangersCard.Problem(known, policy, catalog) is { } problem)
            throw Refused($"may be this one, but {problem}: somebody with the right may add the card to it");
        if (known.HardwareAddrs.Union(cards).Count() > Math.Max(MostOwnCards, known.HardwareAddrs.Count))
            throw Refused($"has as many cards as a machine may add itself ({MostOwnCards})");
        var wrong = cards.Except(known.HardwareAddrs).Select(c => (Card: c, Problem: MacAddress.Problem(c)))
            .Where(c => c.Problem is not null).ToList();
        if (wrong.Count > 0)
            throw new ApiException(ApiError.Invalid("machines", known.Uuid, wrong.Select(c => $"HardwareAddrs: {c.Card} {c.Problem}")));
        return known with { HardwareAddrs = [.. known.HardwareAddrs.Union(cards)], Boot = known.Boot with { LastSeen = now } };
    }

    /// <summary>What a machine that is not known by its token may be told of a machine: nothing that is secret.</summary>
    public static Machine Public(Machine machine)
        => Registration(
            machine) with
        { Uuid = machine.Uuid, Partial = true, Validated = machine.Validated, Available = machine.Available };

    /// <summary>What who registers is told of the machine that it made: what it said, whether it was let in, and its workflow.</summary>
    public static Machine Told(Machine machine)
        => Public(machine) with
        {
            Workflow = machine.Workflow,
            // Which machines it may be is no stranger's to know.
            Boot = Undoubted(machine.Boot),
            Runnable = machine.Runnable,
        };

    /// <summary>As a machine is told of itself: which machines it may be is no stranger's to know.</summary>
    public static MachineBoot Undoubted(MachineBoot boot)
        => boot.Doubt.Length == 0 ? boot
            // What a version before has stored names the others in the reason, too.
            : boot with { Doubt = "", Reason = boot.Stuck ? Doubted : boot.Reason };

    /// <summary>A machine as who is no person is told of it, and as it patches it: a test or a copy reads as well.</summary>
    public static Machine Undoubted(Machine machine)
        => machine.Boot.Doubt.Length == 0 ? machine : machine with { Boot = Undoubted(machine.Boot) };

    /// <summary>True for a param that Sledgehammer finds out, and no person writes.</summary>
    public static bool IsFact(string param)
        => param.StartsWith("hardware/", StringComparison.Ordinal) || param is "detected-bios-mode" or "last-boot-macaddr";

    /// <summary>The uuid of the one machine that a registration token may make: the same token never makes a second one.</summary>
    public static string RegistrationUuid(string tokenId)
        => new Guid(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("anvil registration " + tokenId)).AsSpan(0, 16)).ToString();

    /// <summary>A changed machine, with all that follows from the change.</summary>
    /// <exception cref="ApiException">403 locked; 400 key change; 422 with every problem.</exception>
    public static Machine Update(Machine old, Machine wanted, CatalogSnapshot catalog, DateTimeOffset now, ChangeOptions options)
    {
        if (wanted.Uuid != old.Uuid)
            throw new ApiException(
                ApiError.BadRequest("machines", old.Uuid, "PUT", $"Key change from {old.Uuid} to {wanted.Uuid} not allowed"));
        CheckSize(wanted, old);
        wanted = WithoutOwnContext(wanted, old.Tasks);
        var machine = Normalize(wanted) with
        {
            Boot = old.Boot,
            CurrentJob = old.CurrentJob,
            ReadOnly = false,
            Bundle = "",
            Partial = false,
            Secret = wanted.Secret.Length > 0 ? wanted.Secret : old.Secret,
        };
        if (old.Locked && (options.ByMachine || machine.Locked || !OnlyUnlocks(old, machine)))
            throw new ApiException(new ApiError("machines", old.Uuid, "Locked", ["the machine is locked; unlock it first"], 403));

        // A job does not choose what is made later: whoever makes it does not know that it was chosen.
        List<string> problems = options.ForcesWhatRuns ? [] : [.. MachineReferences.Mistakes(old, machine, catalog)];
        if (options.ByMachine && !options.ByTask) machine = OfItself(old, machine, problems);
        else if (options.ByMachine && !options.MayAddCards) problems.AddRange(CardProblems(machine, old));
        machine = ApplyMoves(old, machine, catalog, options, problems);
        machine = ApplyTaskList(old, machine, options, problems);
        problems = [.. ReachRules.Mixed(options, problems, ReachRules.Problems(options, old, machine, catalog), catalog)];
        problems.AddRange(Broken(machine, old, catalog));
        var missing = MachineReferences.Problems(machine, catalog);
        if (problems.Count > 0) throw new ApiException(ApiError.Invalid("machines", old.Uuid, problems));

        TaskGrants.Check(options, old, machine, catalog);
        if (!options.ByMachine && !old.Boot.IsTrusted && DecidesWhatItRuns(old, machine))
            machine = (machine.Workflow, machine.Stage, machine.BootEnv) == (old.Workflow, old.Stage, old.BootEnv)
                ? Approve(machine, catalog, now) : Approved(machine, catalog, now);
        if (machine.BootEnv != old.BootEnv)
        {
            machine = WithOsOfInstaller(machine with { Runnable = false }, catalog);
        }

        machine = Availability(machine, missing);
        if (machine.BootEnv != old.BootEnv || machine.Workflow != old.Workflow) machine = Lifecycle.BootEnvChanged(machine, catalog, now);
        if (machine.Runnable && (!old.Runnable || !machine.Tasks.SequenceEqual(old.Tasks) || machine.CurrentTask != old.CurrentTask))
            machine = Lifecycle.Resumed(machine, catalog, now);
        return machine;
    }

    /// <summary>Moves a machine to a workflow's start: its tasks, and the first stage and boot environment at once.</summary>
    public static Machine EnterWorkflow(Machine machine, Workflow workflow, CatalogSnapshot catalog)
    {
        machine = machine with { Workflow = workflow.Name, Tasks = TaskLists.ForWorkflow(workflow, catalog), CurrentTask = -1 };
        if (workflow.Stages.Count == 0 || !catalog.Stages.TryGetValue(workflow.Stages[0], out var first)) return machine;
        return machine with { Stage = first.Name, BootEnv = first.BootEnv.Length > 0 ? first.BootEnv : machine.BootEnv };
    }

    /// <summary>A machine that is moved into an installer's boot environment will have its operating system.</summary>
    public static Machine WithOsOfInstaller(Machine machine, CatalogSnapshot catalog)
        => BootEnvFiles.IsInstaller(machine.BootEnv) && catalog.BootEnvs.TryGetValue(machine.BootEnv, out var env)
            ? machine with { OS = env.OS.Name } : machine;

    private static Machine ApplyMoves(Machine old, Machine machine, CatalogSnapshot catalog, ChangeOptions options, List<string> problems)
    {
        if (machine.Workflow != old.Workflow)
        {
            if (machine.Workflow.Length > 0)
                return catalog.Workflows.TryGetValue(machine.Workflow, out var workflow)
                    ? EnterWorkflow(machine, workflow, catalog) with { Runnable = true } : machine;
            var left = machine with
            {
                Stage = machine.Stage != old.Stage ? machine.Stage : "none",
                Tasks = [],
                CurrentTask = -1,
                Params = machine.Params.Where(p => p.Key != "change-stage/map")
                    .ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal),
            };
            return machine.Stage != old.Stage ? EnterStage(left, catalog) : left;
        }

        var stageMoves = machine.Stage != old.Stage;
        var envMoves = machine.BootEnv != old.BootEnv;
        if (machine.Workflow.Length > 0 && (stageMoves || envMoves) && !options.Force)
        {
            problems.Add($"Can not change {(stageMoves ? "stages" : "bootenvs")} while in a workflow");
            return machine;
        }

        if (stageMoves && catalog.Stages.ContainsKey(machine.Stage))
        {
            if (Lifecycle.HasWork(old) && old.CurrentTask >= 0 && !options.Force)
                problems.Add("Can not change stages with pending tasks unless forced");
            machine = EnterStage(machine, catalog);
        }
        else if (envMoves && old.Stage is not ("none" or "") && !options.Force)
        {
            problems.Add("Can not change bootenv while in a stage unless forced");
        }

        return machine;
    }

    private static Machine EnterStage(Machine machine, CatalogSnapshot catalog)
        => !catalog.Stages.TryGetValue(machine.Stage, out var stage) ? machine : machine with
        {
            Tasks = TaskLists.ForStage(stage, catalog),
            CurrentTask = -1,
            BootEnv = stage.BootEnv.Length > 0 ? stage.BootEnv : machine.BootEnv,
        };

    private static Machine ApplyTaskList(Machine old, Machine machine, ChangeOptions options, List<string> problems)
    {
        if (machine.Workflow != old.Workflow || machine.Stage != old.Stage) return machine;
        var tasksMove = !machine.Tasks.SequenceEqual(old.Tasks);
        if (tasksMove && machine.CurrentTask != old.CurrentTask) problems.Add("Cannot change Tasks and CurrentTask at the same time");
        if (tasksMove && old.CurrentTask >= 0 && !options.ForcesWhatRuns)
        {
            var kept = Math.Min(old.CurrentTask + 1, old.Tasks.Count);
            if (!machine.Tasks.Take(kept).SequenceEqual(old.Tasks.Take(kept))) problems.Add("Cannot remove or change tasks that have run");
        }

        if (tasksMove && old.Tasks.Count == 0) return machine with { CurrentTask = -1 };
        if (machine.CurrentTask == old.CurrentTask) return machine;
        var boundary = TaskLists.Boundary(old.Tasks, old.CurrentTask);
        if (machine.CurrentTask == -1) return machine with { CurrentTask = boundary };
        if (!options.MayUpdateTaskList) problems.Add("CurrentTask may only be set to -1 without the right updateTaskList");
        else if (machine.CurrentTask > old.CurrentTask) problems.Add("CurrentTask can only be set backwards");
        else if (machine.CurrentTask < boundary)
            problems.Add($"CurrentTask cannot go back past the boot environment change at {boundary}");
        return machine;
    }

    /// <summary>
    /// Somebody with the right approves of a machine that registered itself: it is given what machines that are defined in advance are
    /// given, and one that waited goes on.
    /// </summary>
    public static Machine Approved(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        if (machine.Boot.IsTrusted) return machine;
        var waited = machine.Boot.IsPending;
        machine = machine with { Boot = machine.Boot with { Admission = MachineBoot.Approved, Doubt = "" } };
        return waited && machine.Available ? Lifecycle.Resumed(machine with { Runnable = true }, catalog, now) : machine;
    }

    /// <summary>
    /// Somebody approves of a machine as it is: one that waited elsewhere boots what it was to boot (<see cref="Create"/>).
    /// </summary>
    public static Machine Approve(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        var approved = Approved(machine, catalog, now);
        // What it boots meanwhile nobody has chosen for it: that would have admitted it.
        if (!machine.Boot.IsPending || machine.CurrentTask >= 0) return approved;
        var meant = BootEnvOf(machine.Stage, catalog) ?? catalog.Prefs["defaultBootEnv"];
        return BootEnvFiles.IsInstaller(meant) && meant != machine.BootEnv && catalog.BootEnvs.ContainsKey(meant)
            ? Lifecycle.BootEnvChanged(WithOsOfInstaller(approved with { BootEnv = meant }, catalog), catalog, now) : approved;
    }

    /// <summary>
    /// What follows from a machine's own word: it takes no card away, claims few, says little, and does not let itself in.
    /// </summary>
    private static Machine OfItself(Machine old, Machine machine, List<string> problems)
    {
        if (old.HardwareAddrs.Except(machine.HardwareAddrs).Any())
            problems.Add("HardwareAddrs: a machine takes no network card from itself");
        problems.AddRange(OwnProblems(machine, old));
        return old.Boot.IsPending ? machine with { Runnable = false } : machine;
    }

    /// <summary>What somebody else wrote beyond the bounds does not stand in the machine's way.</summary>
    private static IEnumerable<string> OwnProblems(Machine machine, Machine old)
    {
        foreach (var problem in CardProblems(machine, old)) yield return problem;
        if (FactOctets(machine) > Math.Max(MostFactOctets, FactOctets(old)))
            yield return $"Params: a machine's facts have at most {MostFactOctets} octets";
        var (facts, before) = (Facts(machine).Count(), Facts(old).Count());
        if (facts > Math.Max(MostFacts, before)) yield return $"Params: a machine says at most {MostFacts} facts of itself";
        if (Facts(machine).FirstOrDefault(p => p.Key.Length > LongestFact && !old.Params.ContainsKey(p.Key)).Key is { } longest)
            yield return $"Params: a fact's name has at most {LongestFact} characters: {ShortText.Of(longest, LongestFact)}";
    }

    private static IEnumerable<string> CardProblems(Machine machine, Machine old)
        => machine.HardwareAddrs.Count > Math.Max(MostOwnCards, old.HardwareAddrs.Count)
            ? [$"HardwareAddrs: a machine names at most {MostOwnCards} network cards itself"] : [];

    private static IEnumerable<KeyValuePair<string, JsonElement>> Facts(Machine machine) => machine.Params.Where(p => IsFact(p.Key));

    private static long FactOctets(Machine machine) => Facts(machine).Sum(p => DocumentSize.Of(p.Key) + DocumentSize.Of(p.Value));

    /// <summary>What a new machine is without a word about what it runs: the site's own choice; null where it was said.</summary>
    private static Machine? Untouched(Machine wanted, Machine made, Prefs prefs)
        => wanted.Tasks.Count == 0 && wanted.Stage.Length == 0
            && (wanted.Workflow.Length == 0 || wanted.Workflow == prefs["defaultWorkflow"])
            ? made with { Profiles = [] } : null;

    private static bool DecidesWhatItRuns(Machine old, Machine machine)
        => machine.Workflow != old.Workflow || machine.Stage != old.Stage || machine.BootEnv != old.BootEnv
            || !machine.Profiles.SequenceEqual(old.Profiles) || !machine.Tasks.SequenceEqual(old.Tasks);

    private static bool OnlyUnlocks(Machine old, Machine machine)
        => Json.Write(machine with { Locked = old.Locked }) == Json.Write(old);

    /// <summary>
    /// An entry that asks for what is so anyway is none, as it is in stages; one that stands there already keeps its place.
    /// </summary>
    private static Machine WithoutOwnContext(Machine machine, IReadOnlyList<string> old)
        => !machine.Tasks.Contains(TaskEntries.OwnContext) || old.Contains(TaskEntries.OwnContext) ? machine
            : machine with { Tasks = [.. machine.Tasks.Where(t => t != TaskEntries.OwnContext)] };

    private static Machine Normalize(Machine machine) => machine with
    {
        Uuid = machine.Uuid.ToLowerInvariant(),
        HardwareAddrs = [.. machine.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : m)],
        Address = machine.Address == "0.0.0.0" ? "" : machine.Address,
    };

    private static Dictionary<string, string> WithFeatureFlag(IReadOnlyDictionary<string, string> meta)
    {
        var flags = meta.GetValueOrDefault("feature-flags", "");
        if (flags.Contains("change-stage-v2", StringComparison.Ordinal)
            || flags.Contains("original-change-stage", StringComparison.Ordinal)) return new(meta);
        return new(meta) { ["feature-flags"] = flags.Length == 0 ? "change-stage-v2" : flags + ",change-stage-v2" };
    }

    /// <summary>What an older version took for a name or address does not stand in the way of other changes.</summary>
    private static IEnumerable<string> Broken(Machine machine, Machine? old, CatalogSnapshot catalog)
    {
        if (!UuidRules.TryRead(machine.Uuid, out _)) yield return $"Invalid Uuid `{machine.Uuid}`";
        // DRP's own words; NameRules.HostNameProblem tells the reason to who asks.
        if (machine.Name != old?.Name && !NameRules.IsMachineName(machine.Name)) yield return $"Invalid Name `{machine.Name}`";
        if (machine.OS != old?.OS && machine.OS.Length > LongestOs) yield return $"OS has at most {LongestOs} characters";
        if (Architectures.Problem(machine.Arch) is { } arch) yield return arch;
        if (machine.Address.Length > 0 && !(IPv4.TryParse(machine.Address, out var address) && IPv4.IsGlobalUnicast(address)))
            yield return $"Invalid Address: {machine.Address} is not a unicast IPv4 address";
        foreach (var mac in machine.HardwareAddrs.Except(old?.HardwareAddrs ?? [], StringComparer.Ordinal))
        {
            if (MacAddress.Problem(mac) is { } problem) yield return $"Invalid Hardware Address `{mac}`: it {problem}";
        }

        foreach (var twice in machine.HardwareAddrs.GroupBy(m => m).Where(g => g.Count() > 1))
            yield return $"Hardware Address {twice.Key} is listed twice";
        foreach (var twice in machine.Profiles.GroupBy(p => p).Where(g => g.Count() > 1)) yield return $"Duplicate profile {twice.Key}";
        if (machine.Params.Keys.FirstOrDefault(n => n.Length > NameRules.Longest && old?.Params.ContainsKey(n) != true) is { } name)
            yield return $"Params: a name has at most {NameRules.Longest} characters: {ShortText.Of(name, NameRules.Longest)}";
        foreach (var problem in CatalogRules.Values(machine.Params, catalog)) yield return problem;
    }

    /// <summary>
    /// Refuses lists that are too long before anything is looked up for each of their entries. What an older version took does not stand
    /// in the way of other changes.
    /// </summary>
    private static void CheckSize(Machine wanted, Machine? old)
    {
        List<string> problems = [];
        void Check(string field, int count, int before, int most, string what)
        {
            if (count > Math.Max(most, before)) problems.Add($"{field}: a machine has at most {most} {what}");
        }

        Check(nameof(Machine.HardwareAddrs), wanted.HardwareAddrs.Count, old?.HardwareAddrs.Count ?? 0, MostCards, "network cards");
        Check(nameof(Machine.Profiles), wanted.Profiles.Count, old?.Profiles.Count ?? 0, MostProfiles, "profiles");
        Check(nameof(Machine.Tasks), wanted.Tasks.Count, old?.Tasks.Count ?? 0, TaskLists.Most, "tasks");
        Check(nameof(Machine.Params), wanted.Params.Count, old?.Params.Count ?? 0, MostParams, "params of its own");
        if (problems.Count > 0) throw new ApiException(ApiError.Invalid("machines", wanted.Uuid, problems));
    }

    private static string? BootEnvOf(string stage, CatalogSnapshot catalog)
        => catalog.Stages.TryGetValue(stage, out var found) && found.BootEnv.Length > 0 ? found.BootEnv : null;

    private static Machine Availability(Machine machine, IReadOnlyList<string> missing) => machine with
    {
        Validated = true,
        Available = missing.Count == 0,
        Errors = missing,
        Runnable = machine.Runnable && missing.Count == 0,
    };
}
