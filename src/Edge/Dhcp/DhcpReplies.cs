using System.Text;
using Anvil.Contracts;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// Builds replies: pure, from a request, a lease, a boot answer and configured options (RFC 2131 section 4.3, RFC 4578; iPXE's 175).
/// </summary>
public sealed class DhcpReplies(CatalogSnapshot catalog)
{
    /// <summary>PXE_DISCOVERY_CONTROL = 8: use the boot file of this reply, ask nobody else (PXE 2.1, section 2.2.4.1).</summary>
    private static readonly byte[] PxeVendorOptions = [6, 1, 8, 255];

    /// <summary>
    /// A boot menu whose one item is the local disk, taken at once (PXE 2.1 section 2.2.4: 9 boot menu, type 0; 10 menu prompt,
    /// timeout 0). Without it, UEFI waits a minute for a boot server that will not come.
    /// </summary>
    private static readonly byte[] PxeLocalBoot = [9, 13, 0, 0, 10, .. "Local disk"u8, 10, 11, 0, .. "Local disk"u8];

    /// <summary>Sub-option 176 = 1: iPXE need not wait for a proxyDHCP offer.</summary>
    private static readonly byte[] IpxeNoProxy = [176, 1, 1];

    /// <summary>OFFER or ACK with an address.</summary>
    public DhcpMessage Lease(DhcpExchange on, DhcpMessageType type, Lease lease, Reservation? reservation)
    {
        var configured = Configured(on, reservation);
        var options = Header(type, on.Server.Id);
        options.Add(Number(DhcpOption.LeaseTime, (uint)lease.Duration));
        options.Add(configured.TryGetValue(DhcpOption.RenewalTime, out var renewal)
            ? KeyValuePair.Create(DhcpOption.RenewalTime, renewal) : Number(DhcpOption.RenewalTime, (uint)(lease.Duration / 2)));
        options.Add(configured.TryGetValue(DhcpOption.RebindingTime, out var rebinding)
            ? KeyValuePair.Create(DhcpOption.RebindingTime, rebinding)
                : Number(DhcpOption.RebindingTime, (uint)(lease.Duration * 3L / 4)));
        return Finish(lease.SkipBoot || ForbidsBoot(reservation) ? WithoutBoot(on) : on, IPv4.Parse(lease.Addr), lease.NextServer, options,
            configured);
    }

    /// <summary>A proxyDHCP answer: boot file and no address.</summary>
    public static DhcpMessage Proxy(DhcpExchange on, DhcpMessageType type)
        => Finish(on, 0, on.Subnet.NextServer, Header(type, on.Server.Id), new Dictionary<byte, byte[]>());

    /// <summary>ACK of a DHCPINFORM: options without an address or times (RFC 2131 section 4.3.5).</summary>
    public DhcpMessage Inform(DhcpExchange on, Reservation? reservation)
        => Finish(on.Subnet.Unmanaged || ForbidsBoot(reservation) ? WithoutBoot(on) : on, 0,
            reservation?.NextServer is { Length: > 0 } own ? own : on.Subnet.NextServer, Header(DhcpMessageType.Ack, on.Server.Id),
            Configured(on, reservation));

    /// <summary>NAK: message type and server identifier alone.</summary>
    public static DhcpMessage Nak(DhcpMessage request, uint server)
    {
        var options = Header(DhcpMessageType.Nak, server);
        Echo(request, options);
        return Reply(request, 0, 0, "", "", options, broadcast: true);
    }

    /// <summary>An empty boot file of a reservation: it is not to boot from here.</summary>
    private static bool ForbidsBoot(Reservation? reservation)
        => reservation?.Options.Any(o => o.Code == DhcpOption.BootFileName && o.Value.Length == 0) == true;

    private static DhcpExchange WithoutBoot(DhcpExchange on) => on with { Boot = on.Boot with { Boots = false, FromDisk = false } };

    /// <summary>
    /// The rest of a reply. Who asks for no boot answer of ours (an operating system, a switch, a boot monitor), who is given none
    /// because the subnet says so, and for whom there is none, is told next server, 66 and 67 as they are configured: as options where
    /// they are asked for, and in the header (siaddr, sname, file) always.
    /// </summary>
    private static DhcpMessage Finish(DhcpExchange on, uint address, string nextServer, List<KeyValuePair<byte, byte[]>> options,
        IReadOnlyDictionary<byte, byte[]> configured)
    {
        var (request, boot) = (on.Request, on.Boot);
        var isOwn = !boot.Boots && (on.Client.Kind == ClientKind.None || on.Subnet.Unmanaged || boot.LeavesOpen);
        AddConfigured(request, options, configured, isOwn, boot.Boots || isOwn);
        var next = IPv4.TryParse(nextServer, out var set) ? set : boot.Boots ? on.Server.Address : 0;
        var file = "";
        var serverName = "";
        var vendorClass = request.OptionText(DhcpOption.VendorClass) ?? "";
        var isIpxe = request.Option(DhcpOption.Ipxe) is not null;
        if (boot.Boots)
        {
            file = configured.TryGetValue(DhcpOption.BootFileName, out var fixedFile) ? Encoding.UTF8.GetString(fixedFile) : boot.File;
            serverName = configured.TryGetValue(DhcpOption.TftpServerName, out var name)
                ? Encoding.UTF8.GetString(name) : IPv4.Format(next);
            var isHttp = vendorClass.StartsWith("HTTPClient", StringComparison.Ordinal);
            if (isHttp) Set(options, DhcpOption.VendorClass, "HTTPClient"u8);
            else if (vendorClass.StartsWith("PXEClient", StringComparison.Ordinal))
                SetPxe(request, options, configured.TryGetValue(DhcpOption.VendorSpecific, out var own) ? own : VendorOptions(on.Client));
            // Who is taken for an HTTP client by its row alone may read the header, or the option.
            var asks = on.Client.Kind == ClientKind.Http && Asks(request, DhcpOption.BootFileName);
            if (file.Length > DhcpMessage.LongestFile || isHttp || asks)
                Set(options, DhcpOption.BootFileName, Encoding.UTF8.GetBytes(file));
            if (serverName.Length > DhcpMessage.LongestServerName)
                Set(options, DhcpOption.TftpServerName, Encoding.UTF8.GetBytes(serverName));
        }
        else if (boot.FromDisk && !isIpxe && vendorClass.StartsWith("PXEClient", StringComparison.Ordinal))
        {
            SetPxe(request, options, PxeLocalBoot);
        }
        else if (isOwn)
        {
            // The header's fields are no options, and in nobody's list of them; U-Boot and others read nothing else.
            file = ConfiguredText(DhcpOption.BootFileName);
            serverName = ConfiguredText(DhcpOption.TftpServerName);
            if (next == 0 && IPv4.TryParse(serverName, out var named)) next = named;
            // UEFI takes no URL from an answer that does not name its class.
            if (file.Length > 0 && vendorClass.StartsWith("HTTPClient", StringComparison.Ordinal))
                Set(options, DhcpOption.VendorClass, "HTTPClient"u8);
        }

        if (isIpxe && !configured.ContainsKey(DhcpOption.Ipxe)) options.Add(KeyValuePair.Create(DhcpOption.Ipxe, IpxeNoProxy));
        Echo(request, options);
        return Reply(request, address, boot.Boots || isOwn ? next : 0, serverName, file, options, broadcast: false);

        string ConfiguredText(byte code) => configured.TryGetValue(code, out var value) ? Encoding.UTF8.GetString(value) : "";
    }

    /// <summary>The boot file of this reply and no other; or, for firmware that looks for its own menu item first, that item.</summary>
    private static byte[] VendorOptions(BootClient client)
        => client.Menu.Length == 0 ? PxeVendorOptions : Menu(Encoding.ASCII.GetBytes(client.Menu));

    /// <summary>
    /// A boot menu of one item, boot server type 0 of which this is the server, shown for no time (PXE 2.1 section 2.2.4; 6: broadcast and
    /// multicast discovery off, only servers of the list).
    /// </summary>
    private static byte[] Menu(ReadOnlySpan<byte> item)
        => [6, 1, 3, 10, 4, 0, .. "PXE"u8, 9, (byte)(3 + item.Length), 0, 0, (byte)item.Length, .. item, 255];

    private static bool Asks(DhcpMessage request, byte code)
        => request.Option(DhcpOption.ParameterRequestList) is not { Length: > 0 } list || Array.IndexOf(list, code) >= 0;

    private static void SetPxe(DhcpMessage request, List<KeyValuePair<byte, byte[]>> options, byte[] vendorOptions)
    {
        Set(options, DhcpOption.VendorClass, "PXEClient"u8);
        if (request.Option(DhcpOption.ClientMachineId) is { } id) Set(options, DhcpOption.ClientMachineId, id);
        Set(options, DhcpOption.VendorSpecific, vendorOptions);
    }

    private static void Set(List<KeyValuePair<byte, byte[]>> options, byte code, ReadOnlySpan<byte> value)
    {
        options.RemoveAll(o => o.Key == code);
        options.Add(KeyValuePair.Create(code, value.ToArray()));
    }

    /// <summary>
    /// What the client's kind, the subnet and the reservation set, the later over the earlier; an empty value takes away what stood
    /// before.
    /// </summary>
    private Dictionary<byte, byte[]> Configured(DhcpExchange on, Reservation? reservation)
    {
        var request = on.Request;
        var all = new Dictionary<byte, byte[]>(on.Subnet.Options.Count);
        TemplateMap? data = null;
        RenderBudget? budget = null;
        foreach (var option in on.Client.Row?.Options ?? []) Set(option);
        foreach (var option in on.Subnet.Options) Set(option);
        foreach (var option in reservation?.Options ?? []) Set(option);
        return all;

        void Set(DhcpOptionSetting option)
        {
            var (code, text) = option;
            try
            {
                var value = text.Contains("{{", StringComparison.Ordinal) ? Rendered(code, text) : text;
                if (value.Length > 0) all[code] = OptionText.Encode(code, value);
                else all.Remove(code);
            }
            catch (Exception e) when (e is TemplateException or FormatException)
            {
                all.Remove(code);
            }
        }

        // A packet waits for no queue of renders; so what its options may take is little.
        string Rendered(byte code, string text) => catalog.TemplateSet.Render($"option {code}", text,
            data ??= new TemplateMap(request.Options.Select(o => KeyValuePair.Create(
                o.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), (object?)OptionText.Decode(o.Key, o.Value)))),
            budget ??= new RenderBudget(TemplateLimits.Packet), comesAgain: true);
    }

    private static void AddConfigured(DhcpMessage request, List<KeyValuePair<byte, byte[]>> options,
        IReadOnlyDictionary<byte, byte[]> configured, bool tellsBootFile, bool tellsRoot)
    {
        Span<bool> told = stackalloc bool[256];
        told.Clear();
        var asked = request.Option(DhcpOption.ParameterRequestList) is { Length: > 0 } list ? list : [.. configured.Keys.Order()];
        // The mask goes before routers and routes, whatever the client's order (RFC 2132 section 3.3).
        if (Array.IndexOf(asked, DhcpOption.SubnetMask) > 0) asked = [DhcpOption.SubnetMask, .. asked];
        foreach (var code in asked)
        {
            if (told[code]) continue;
            told[code] = true;
            if (code is DhcpOption.LeaseTime or DhcpOption.RenewalTime or DhcpOption.RebindingTime or DhcpOption.MessageType
                or DhcpOption.ServerId or DhcpOption.ClientId or DhcpOption.RelayAgentInformation
                || (!tellsBootFile && code is DhcpOption.TftpServerName or DhcpOption.BootFileName)
                || (!tellsRoot && code == DhcpOption.RootPath)) continue;
            if (configured.TryGetValue(code, out var value)) options.Add(KeyValuePair.Create(code, value));
        }
    }

    private static List<KeyValuePair<byte, byte[]>> Header(DhcpMessageType type, uint server)
        => [KeyValuePair.Create<byte, byte[]>(DhcpOption.MessageType, [(byte)type]), Number(DhcpOption.ServerId, server)];

    private static void Echo(DhcpMessage request, List<KeyValuePair<byte, byte[]>> options)
    {
        if (request.Option(DhcpOption.ClientId) is { } id) options.Add(KeyValuePair.Create(DhcpOption.ClientId, id));
        // Switches that snoop add it without being relays (no giaddr), and want it back as well.
        if (request.Option(DhcpOption.RelayAgentInformation) is { } relay)
            options.Add(KeyValuePair.Create(DhcpOption.RelayAgentInformation, relay));
    }

    private static DhcpMessage Reply(DhcpMessage request, uint your, uint next, string serverName, string file,
        List<KeyValuePair<byte, byte[]>> options, bool broadcast) => new()
        {
            Op = 2,
            HardwareType = request.HardwareType,
            TransactionId = request.TransactionId,
            HardwareAddress = request.HardwareAddress,
            RelayAddress = request.RelayAddress,
            Flags = broadcast && request.RelayAddress != 0 ? (ushort)(request.Flags | 0x8000) : request.Flags,
            ClientAddress = request.Type is DhcpMessageType.Request or DhcpMessageType.Inform && !broadcast ? request.ClientAddress : 0,
            YourAddress = your,
            ServerAddress = next,
            // What is too long for its field is in its option.
            ServerName = serverName.Length <= DhcpMessage.LongestServerName ? serverName : "",
            File = file.Length <= DhcpMessage.LongestFile ? file : "",
            Options = options,
        };

    private static KeyValuePair<byte, byte[]> Number(byte code, uint value) => KeyValuePair.Create(code, OptionText.UInt32(value));
}
