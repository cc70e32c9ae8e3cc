using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>How jobs move a machine between its phases.</summary>
public static class JobLifecycle
{
    /// <summary>A job was made or changed state.</summary>
    public static Machine Changed(Machine machine, Job job, CatalogSnapshot catalog, DateTimeOffset now)
    {
        machine = machine with { Boot = machine.Boot with { LastSeen = now } };
        return job.State switch
        {
            JobState.Created or JobState.Running =>
                Lifecycle.Enter(machine, Lifecycle.WorkPhase(machine, catalog),
                    $"runs task {job.Task} ({job.CurrentIndex + 1} of {machine.Tasks.Count})", catalog, now),
            JobState.Failed =>
                Lifecycle.Enter(machine, Phase.Failed, $"task {job.Task} failed; see the log of job {job.Uuid}", catalog, now),
            JobState.Incomplete =>
                Lifecycle.Enter(machine, Lifecycle.WorkPhase(machine, catalog),
                    job.ExitState is "complete" or "" ? $"task {job.Task} runs again"
                        : $"task {job.Task} asked for {job.ExitState} and runs again", catalog, now),
            _ when job.ExitState is "reboot" or "poweroff" or "stop" =>
                Lifecycle.Enter(machine, Lifecycle.WorkPhase(machine, catalog), $"task {job.Task} asked for {job.ExitState}", catalog,
                    now),
            _ => machine,
        };
    }
}
