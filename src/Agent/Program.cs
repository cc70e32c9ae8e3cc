using Anvil.Agent;
using Anvil.Agent.Disks;
using Anvil.Agent.Facts;

// Inside Sledgehammer without arguments; the verbs are what task scripts call.
try
{
    switch (args)
    {
        case []:
            using (var terminal = Terminal.OfMachine())
            using (var agent = new MachineAgent(terminal)) await agent.RunAsync();
            return 0;
        case ["inventory"]:
            await Verbs.InventoryAsync();
            return 0;
        case ["facts"]:
            Console.WriteLine(Inventory.Gather().ToJsonString());
            return 0;
        case ["pick-disk", .. var hint]:
            Console.WriteLine(DiskPicker.Pick(hint.Length > 0 ? hint[0] : ""));
            return 0;
        case ["write-image", var url, var disk, .. var rest]:
            await ImageWriter.WriteAsync(url, disk, rest is ["--sha256", var sha] ? sha : "");
            return 0;
        case ["grow-root", var disk]:
            RootPartition.Grow(disk);
            return 0;
        case ["root-partition", var disk]:
            Console.WriteLine(RootPartition.Of(disk));
            return 0;
        case ["wipe", .. var only]:
            DiskWiper.Wipe(only.Length > 0 ? only[0] : "");
            return 0;
        case ["set", var pointer, var value]:
            await Verbs.SetAsync(pointer, value);
            return 0;
        default:
            await Console.Error.WriteLineAsync(
                "anvil-agent: without arguments, or: inventory, facts, pick-disk [DISK], write-image URL DISK [--sha256 HEX], grow-root "
                    + "DISK, root-partition DISK, wipe [DISK], set POINTER VALUE");
            return 2;
    }
}
catch (AgentException e)
{
    await Console.Error.WriteLineAsync("anvil-agent: " + e.Message);
    return 1;
}
