using System.Runtime.InteropServices;
using System.Text;

namespace Anvil.Agent;

/// <summary>Reboots, powers off, or starts another kernel at once.</summary>
public static class Power
{
    private const long KexecFileLoadX64 = 320;
    private const long KexecFileLoadArm64 = 294;

    /// <summary>Reboots through the firmware.</summary>
    public static void Restart() => End(Native.RebootRestart);

    /// <summary>Turns the machine off.</summary>
    public static void PowerOff() => End(Native.RebootPowerOff);

    /// <summary>Loads a kernel and jumps into it (kexec_file_load(2)).</summary>
    public static unsafe void Kexec(string kernel, string initrd, string commandLine)
    {
        var text = Encoding.UTF8.GetBytes(commandLine + "\0");
        var kernelFile = Native.Open(kernel, 0);
        var initrdFile = Native.Open(initrd, 0);
        if (kernelFile < 0 || initrdFile < 0) throw new AgentException("kexec: kernel or initial RAM disk does not open");
        fixed (byte* line = text)
        {
            var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? KexecFileLoadArm64 : KexecFileLoadX64;
            if (Native.KexecFileLoad(number, kernelFile, initrdFile, (nuint)text.Length, line, 0) != 0)
                throw new AgentException($"kexec: the kernel refuses the image (error {Marshal.GetLastPInvokeError()})");
        }

        End(Native.RebootKexec);
    }

    private static void End(int command)
    {
        Native.Sync();
        if (Native.Reboot(command) != 0) throw new AgentException($"reboot(2) failed with error {Marshal.GetLastPInvokeError()}");
        Thread.Sleep(Timeout.Infinite);
    }
}
