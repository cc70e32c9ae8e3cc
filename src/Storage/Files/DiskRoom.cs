namespace Anvil.Storage.Files;

/// <summary>How much of a disk may be taken: some is left for the database, for logs, and for who has to mend what fills it.</summary>
public static class DiskRoom
{
    private const int ReservePart = 20;
    private const long MostReserve = 4L << 30;

    /// <summary>Octets that may be written before a disk has less than what is to be left of it; 0 where it has.</summary>
    /// <param name="folder">A folder of the disk.</param>
    /// <param name="reserveMiB">MiB that are left free; below 0: a twentieth of the disk, at most 4 GiB.</param>
    public static long Of(string folder, long reserveMiB)
    {
        var disk = new DriveInfo(folder);
        var reserve = reserveMiB >= 0 ? reserveMiB << 20 : Math.Min(MostReserve, disk.TotalSize / ReservePart);
        return Math.Max(0, disk.AvailableFreeSpace - reserve);
    }
}
