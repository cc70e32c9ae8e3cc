using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;

namespace Anvil.Storage.Files;

/// <summary>
/// A bsdtar that gives an archive as a tar stream (`@archive`). It writes no file, and is told in which format the archive is by what it
/// is given: of an ISO the octets before the file system are zeros, so that nothing there can pass for another format.
/// </summary>
internal sealed partial class BsdTar : IAsyncDisposable
{
    /// <summary>Characters that are kept of what the program says.</summary>
    private const int Told = 400;

    private const int Piece = 256 << 10;

    /// <summary>Octets of memory that it may have: 7-Zip's largest dictionaries that are in use fit.</summary>
    private const ulong Memory = 2UL << 30;

    /// <summary>RLIMIT_AS of prlimit(2).</summary>
    private const int AddressSpace = 9;

    private readonly Process _program;
    private readonly Task<string> _said;
    private readonly Task _fed;
    private readonly CancellationTokenRegistration _ended;

    private BsdTar(Process program, Stream? input, CancellationToken cancellation)
    {
        _program = program;
        _said = SaidAsync(program);
        _fed = FeedAsync(program, input, cancellation);
        _ended = cancellation.UnsafeRegister(static p => Kill((Process)p!), program);
    }

    /// <summary>The tar stream.</summary>
    public Stream Output => _program.StandardOutput.BaseStream;

    /// <summary>Starts it.</summary>
    /// <param name="name">The program.</param>
    /// <param name="file">The archive.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="archive">The archive, open at its beginning.</param>
    /// <param name="cancellation">Ends the program.</param>
    /// <exception cref="ArchiveFaultException">There is no such program.</exception>
    public static BsdTar Start(string name, string file, ArchiveKind kind, Stream archive, CancellationToken cancellation)
    {
        var isFed = kind == ArchiveKind.Iso;
        var start = new ProcessStartInfo(name)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in new[] { "-cf", "-", "--format=pax", isFed ? "@-" : $"@{Path.GetFullPath(file)}" })
            start.ArgumentList.Add(argument);
        // It is told nothing but how names are written.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            var program = Process.Start(start)!;
            // Where it has ended already, there is nothing to bound.
            _ = LimitOf(program.Id, AddressSpace, new Bound(Memory, Memory), 0);
            return new BsdTar(program, isFed ? archive : null, cancellation);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new ArchiveFaultException($"the program {name} cannot be started ({e.Message}): Debian has it in libarchive-tools, "
                + "and Files:BsdTar says where it is", e);
        }
    }

    /// <summary>What the program says of an archive that it could not read; "" when it could.</summary>
    public async Task<string> FaultAsync(CancellationToken cancellation)
    {
        // What it still gives is read by nobody: it would wait for that.
        await Output.CopyToAsync(Stream.Null, cancellation);
        await _program.WaitForExitAsync(cancellation);
        return _program.ExitCode == 0 ? "" : await _said is { Length: > 0 } said ? said : $"it ended with {_program.ExitCode}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill(_program);
        await _fed;
        await _said;
        await _ended.DisposeAsync();
        _program.Dispose();
    }

    private static async Task FeedAsync(Process program, Stream? input, CancellationToken cancellation)
    {
        try
        {
            await using var into = program.StandardInput.BaseStream;
            if (input is null) return;
            var piece = new byte[Piece];
            for (var at = 0L; await input.ReadAsync(piece, cancellation) is var read and > 0; at += read)
            {
                if (at < ArchiveFormat.SystemArea) piece.AsSpan(0, (int)Math.Min(read, ArchiveFormat.SystemArea - at)).Clear();
                await into.WriteAsync(piece.AsMemory(0, read), cancellation);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It has read enough, or has ended: what it says of it counts.
        }
    }

    private static async Task<string> SaidAsync(Process program)
    {
        var all = new StringBuilder();
        var piece = new char[Told];
        while (await program.StandardError.ReadAsync(piece) is var read and > 0)
        {
            if (all.Length < Told) all.Append(piece, 0, Math.Min(read, Told - all.Length));
        }

        return PrintableText.Of(all.ToString().Trim());
    }

    private static void Kill(Process program)
    {
        try
        {
            if (!program.HasExited) program.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static partial int LimitOf(int process, int resource, in Bound bound, nint former);

    private readonly record struct Bound(ulong Soft, ulong Hard);
}
