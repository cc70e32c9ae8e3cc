namespace Anvil.Agent.Tests;

/// <summary>/sys and /dev of a machine, as folders: a disk's place in /sys/devices, its attributes, and what links to it.</summary>
public sealed class FakeSys : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-sys-");

    public FakeSys() => Directory.CreateDirectory(Root + "/sys/block");

    public string Root => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Adds a disk; `device/x` is an attribute of the device above it, which is the disk's own.</summary>
    public FakeSys Disk(string name, string path, params (string File, string Value)[] attributes)
    {
        var place = $"{Root}/sys/devices/{path}/block/{name}";
        Directory.CreateDirectory(place);
        Directory.CreateSymbolicLink($"{Root}/sys/block/{name}", $"../devices/{path}/block/{name}");
        Directory.CreateSymbolicLink($"{place}/device", "../..");
        foreach (var (file, value) in attributes)
        {
            var at = file.StartsWith("device/", StringComparison.Ordinal) ? $"{place}/../../{file[7..]}" : $"{place}/{file}";
            Directory.CreateDirectory(Path.GetDirectoryName(at)!);
            File.WriteAllText(at, value + "\n");
        }

        return attributes.Contains(("hidden", "1")) ? this : Node("/dev/" + name.Replace('!', '/'));
    }

    /// <summary>Adds a network card.</summary>
    public FakeSys Card(string name, string mac, string driver)
    {
        var place = $"{Root}/sys/class/net/{name}";
        Directory.CreateDirectory(place + "/device");
        File.WriteAllText(place + "/address", mac + "\n");
        return Link($"/sys/class/net/{name}/device/driver", "../../../../bus/drivers/" + driver);
    }

    /// <summary>Adds a device file.</summary>
    public FakeSys Node(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, "");
        return this;
    }

    /// <summary>Adds a link.</summary>
    public FakeSys Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.CreateSymbolicLink(Root + path, target);
        return this;
    }
}
