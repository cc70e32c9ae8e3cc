namespace Anvil.Provisioning.Jobs;

/// <summary>States and exit states of jobs, and the script exit codes that lead to them (DRP's sane-exit-codes).</summary>
public static class JobState
{
    /// <summary>Made, not begun.</summary>
    public const string Created = "created";

    /// <summary>Under way.</summary>
    public const string Running = "running";

    /// <summary>Ended with an error.</summary>
    public const string Failed = "failed";

    /// <summary>Done.</summary>
    public const string Finished = "finished";

    /// <summary>To be run again.</summary>
    public const string Incomplete = "incomplete";

    /// <summary>True for the five known states.</summary>
    public static bool IsKnown(string state) => state is Created or Running or Failed or Finished or Incomplete;

    /// <summary>True when no work goes on any more.</summary>
    public static bool IsOver(string state) => state is Failed or Finished or Incomplete;

    /// <summary>True for an allowed change; the same state again is allowed.</summary>
    public static bool MayChange(string from, string to) => from == to || (from, to) switch
    {
        (Created, Running or Failed or Finished or Incomplete) => true,
        (Running, Failed or Finished or Incomplete) => true,
        (Incomplete, Running or Failed) => true,
        _ => false,
    };

    /// <summary>
    /// What a script's exit code means: (State, ExitState). Codes: 0 done, 16 stop, 32 power off, 64 reboot; 128 on top of them: run
    /// again.
    /// </summary>
    public static (string State, string ExitState) FromExitCode(int code) => code switch
    {
        0 => (Finished, "complete"),
        16 => (Finished, "stop"),
        32 => (Finished, "poweroff"),
        64 => (Finished, "reboot"),
        128 => (Incomplete, "complete"),
        144 => (Incomplete, "stop"),
        160 => (Incomplete, "poweroff"),
        192 => (Incomplete, "reboot"),
        _ => (Failed, "failed"),
    };
}
