namespace Anvil.Bench.Peers;

/// <summary>
/// What DRP's last open server (Go, 2019, directory store) did on a machine of two processors that it shared with the load: least and
/// most of the quieter runs. Figures of another day: they stand in for the server where --drp does not give it.
/// </summary>
internal static class DrpRecorded
{
    /// <summary>Figures with so many machines stored.</summary>
    public static ApiFigures At(int machines) => machines >= 5_000
        ? new ApiFigures().Add("create.1", 56).Add("create.8", 56).Add("patch.1", 66).Add("patch.8", 66).Add("get.8", 3_234)
            .Add("list.time", 169)
        : new ApiFigures()
            .Add("create.1", 272).Add("create.1.cpu", 328).Add("create.8", 319).Add("create.8.cpu", 308)
            .Add("patch.1", 362).Add("patch.1.cpu", 377).Add("patch.8", 420).Add("patch.8.cpu", 377)
            .Add("get.1", 3_455).Add("get.1.cpu", 4_444).Add("get.8", 7_239).Add("get.8.cpu", 4_444)
            .Add("list.cpu", 31.3).Add("list.time", 26)
            .Add("list-100.cpu", 247).Add("list-100.time", 3.4)
            .Add("filter-name.cpu", 2_857).Add("filter-name.time", 0.34)
            .Add("head.cpu", 1_905).Add("head.time", 0.44)
            .Add("delete", 1_419).Add("delete.cpu", 1_754);
}
