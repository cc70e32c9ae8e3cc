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
    public DhcpMessage Lease(DhcpMessage request, DhcpMessageType type, Lease lease, Subnet subnet, Reservation? reservation,
        BootAnswer boot, uint server)
    {
        var configured = Configured(request, subnet, reservation);
        var options = Header(type, server);
        options.Add(Number(DhcpOption.LeaseTime, (uint)lease.Duration));
        options.Add(configured.TryGetValue(DhcpOption.RenewalTime, out var renewal)
            ? KeyValuePair.Create(DhcpOption.RenewalTime, renewal) : Number(DhcpOption.RenewalTime, (uint)(lease.Duration / 2)));
        options.Add(configured.TryGetValue(DhcpOption.RebindingTime, out var rebinding)
            ? KeyValuePair.Create(DhcpOption.RebindingTime, rebinding)
                : Number(DhcpOption.RebindingTime, (uint)(lease.Duration * 3L / 4)));
        AddConfigured(request, options, configured, boot);
        var noBoot = reservation?.Options.Any(o => o.Code == DhcpOption.BootFileName && o.Value.Length == 0) == true || lease.SkipBoot;
        var next = IPv4.TryParse(lease.NextServer, out var own) ? own : server;
        return Finish(request, IPv4.Parse(lease.Addr), noBoot ? boot with { Boots = false, FromDisk = false } : boot, next, options,
            configured);
    }

    /// <summary>A proxyDHCP answer: boot file and no address.</summary>
    public DhcpMessage Proxy(DhcpMessage request, DhcpMessageType type, Subnet? subnet, BootAnswer boot, uint server)
        => Finish(request, 0, boot, subnet is not null && IPv4.TryParse(subnet.NextServer, out var next) ? next : server,
            Header(type, server), new Dictionary<byte, byte[]>());

    /// <summary>ACK of a DHCPINFORM: options without an address or times (RFC 2131 section 4.3.5).</summary>
    public DhcpMessage Inform(DhcpMessage request, Subnet subnet, BootAnswer boot, uint server)
    {
        var configured = Configured(request, subnet, null);
        var options = Header(DhcpMessageType.Ack, server);
        AddConfigured(request, options, configured, boot);
        var next = IPv4.TryParse(subnet.NextServer, out var own) ? own : server;
        return Finish(request, 0, subnet.Unmanaged ? boot with { Boots = false, FromDisk = false } : boot, next, options, configured);
    }

    /// <summary>NAK: message type and server identifier alone.</summary>
    public static DhcpMessage Nak(DhcpMessage request, uint server)
    {
        var options = Header(DhcpMessageType.Nak, server);
        Echo(request, options);
        return Reply(request, 0, 0, "", "", options, broadcast: true);
    }

    private static DhcpMessage Finish(DhcpMessage request, uint address, BootAnswer boot, uint next,
        List<KeyValuePair<byte, byte[]>> options, IReadOnlyDictionary<byte, byte[]> configured)
    {
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
                SetPxe(request, options, configured.TryGetValue(DhcpOption.VendorSpecific, out var own) ? own : PxeVendorOptions);
            if (file.Length > 127 || isHttp) Set(options, DhcpOption.BootFileName, Encoding.UTF8.GetBytes(file));
        }
        else if (boot.FromDisk && !isIpxe && vendorClass.StartsWith("PXEClient", StringComparison.Ordinal))
        {
            SetPxe(request, options, PxeLocalBoot);
        }

        if (isIpxe && !configured.ContainsKey(DhcpOption.Ipxe)) options.Add(KeyValuePair.Create(DhcpOption.Ipxe, IpxeNoProxy));
        Echo(request, options);
        return Reply(request, address, boot.Boots ? next : 0, serverName, file, options, broadcast: false);
    }

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

    private Dictionary<byte, byte[]> Configured(DhcpMessage request, Subnet subnet, Reservation? reservation)
    {
        var all = new Dictionary<byte, byte[]>(subnet.Options.Count);
        TemplateMap? data = null;
        RenderBudget? budget = null;
        foreach (var option in subnet.Options) Set(option);
        foreach (var option in reservation?.Options ?? []) Set(option);
        return all;

        void Set(DhcpOptionSetting option)
        {
            var (code, text) = option;
            if (text.Length == 0) return;
            try
            {
                var value = text.Contains("{{", StringComparison.Ordinal) ? Rendered(code, text) : text;
                if (value.Length > 0) all[code] = OptionText.Encode(code, value);
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
        IReadOnlyDictionary<byte, byte[]> configured, BootAnswer boot)
    {
        Span<bool> told = stackalloc bool[256];
        told.Clear();
        foreach (var code in request.Option(DhcpOption.ParameterRequestList) is { Length: > 0 } list ? list : [.. configured.Keys.Order()])
        {
            if (told[code]) continue;
            told[code] = true;
            if (code is DhcpOption.TftpServerName or DhcpOption.BootFileName or DhcpOption.LeaseTime or DhcpOption.RenewalTime
                or DhcpOption.RebindingTime
                or DhcpOption.MessageType or DhcpOption.ServerId or DhcpOption.ClientId or DhcpOption.RelayAgentInformation
                    || (!boot.Boots && code == 17)) continue;
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
            ServerName = serverName,
            File = file.Length <= 127 ? file : "",
            Options = options,
        };

    private static KeyValuePair<byte, byte[]> Number(byte code, uint value) => KeyValuePair.Create(code, OptionText.UInt32(value));
}
