namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>
/// The commands and sections of kickstart files of RHEL 8, 9 and 10 (Red Hat's documentation of "Automatically installing RHEL", its
/// chapter of commands and options). A line of text for each: its name and its options. `=` is a text, `=#` a number, `=?` yes or no,
/// `[=]` a text or nothing, `{a,b}` one of these; `!` must be there; `@8` is of release 8, `@9-` from 9 on, `@-9` up to 9; `~9` deprecated
/// from 9 on; `&lt;x&gt;` is a word, `?` one or none, `*` any number; `...` anything.
/// </summary>
internal static class KickstartLanguage
{
    private const string Luks = " --encrypted --passphrase= --escrowcert= --backuppassphrase --cipher= --luks-version= --pbkdf="
        + " --pbkdf-memory=# --pbkdf-time=# --pbkdf-iterations=#";

    private const string Tls = " --proxy= --noverifyssl --sslcacert= --sslclientcert= --sslclientkey=";

    private const string Partition = " <mountpoint> --asprimary --fstype|--type= --grow --maxsize=# --noformat --onbiosdisk="
        + " --ondisk|--ondrive= --onpart|--usepart= --recommended --size=# --fsoptions= --label= --fsprofile= --resize --hibernation"
        + " --mkfsoptions= --active@8~8" + Luks;

    private const string Script = " --erroronfail --interpreter= --log|--logfile=";

    private static readonly string[] CommandLines =
    [
        "auth@-9~8 ...",
        "authconfig@-9~8 ...",
        "authselect ...",
        "autopart --nolvm --type= --fstype= --nohome --noboot --noswap --hibernation@10-" + Luks,
        "autostep@-9~9 --autoscreenshot@8",
        "bootc@10- --stateroot= --source-imgref=! --target-imgref=",
        "bootloader --append= --location={mbr,partition,none,boot} --password= --driveorder= --timeout=# --default= --iscrypted --md5pass="
            + " --boot-drive= --leavebootorder --extlinux --disabled --nombr --upgrade@8~8 --sdboot@10-",
        "btrfs@-9~8 ...",
        "cdrom",
        "clearpart --all --initlabel --linux --none --disklabel= --drives= --list= --cdl",
        "cmdline --non-interactive",
        "device@8~8 ...",
        "deviceprobe@8~8 ...",
        "dmraid@8~8 ...",
        "driverdisk <partition>? --source= --biospart=",
        "eula --agreed|--agree|--accepted|--accept",
        "fcoe --nic=! --dcb --autovlan",
        "firewall --disabled|--disable --enabled|--enable --port= --trust= --service= --ftp --http --smtp --ssh --remove-service="
            + " --use-system-defaults",
        "firstboot --disabled|--disable --enabled|--enable --reconfig",
        "graphical --non-interactive",
        "group --name=! --gid=#",
        "halt --eject --kexec",
        "harddrive --dir=! --partition=!@9- --partition=@8 --biospart=@8",
        "hmc",
        "ignoredisk --drives= --only-use= --interactive@8~8",
        "install@8~8 ...",
        "iscsi --target= --ipaddr=! --port=# --user= --password= --reverse-user= --reverse-password= --iface=",
        "iscsiname <name>",
        "keyboard <keyboard>? --vckeymap= --xlayouts= --switch=",
        "lang <locale> --addsupport=",
        "liveimg --url=! --proxy= --noverifyssl --checksum=",
        "logging --host= --port= --level={debug,info,warning,error,critical}@8 --level=@9~9",
        "logvol <mountpoint> --fstype= --grow --maxsize=# --name=! --noformat --percent=# --recommended --size=# --useexisting --vgname=!"
            + " --fsoptions= --fsprofile= --label= --resize --hibernation --thinpool --thin --poolname= --chunksize=# --metadatasize=#"
            + " --profile= --cachesize=# --cachemode= --cachepvs= --mkfsoptions=" + Luks,
        "mediacheck",
        "module@-9 --name=! --stream= --disable",
        "module@10-~10 ...",
        "mount <device> <mountpoint> --reformat[=] --mkfsoptions= --mountoptions=",
        "multipath@8~8 ...",
        "network --bootproto={dhcp,bootp,static,query,ibft} --dhcpclass= --device= --essid= --ethtool= --gateway= --hostname= --ip= --mtu="
            + " --nameserver= --netmask= --nodns --onboot=? --wepkey= --notksdevice --noipv4 --noipv6 --ipv6= --activate --nodefroute"
            + " --wpakey= --bondslaves= --bondopts= --vlanid= --ipv6gateway= --teamslaves=~10 --teamconfig=~10 --interfacename="
            + " --bridgeslaves= --bridgeopts= --no-activate --bindto={mac} --ipv4-dns-search=@9- --ipv6-dns-search=@9-"
            + " --ipv4-ignore-auto-dns@9- --ipv6-ignore-auto-dns@9-",
        "nfs --server=! --dir=! --opts=",
        "nvdimm@-9 <action> --namespace= --blockdevs= --mode={sector} --sectorsize=#",
        "ostreecontainer@9- --stateroot= --url=! --transport= --remote= --no-signature-verification",
        "ostreesetup --osname=! --remote= --url=! --ref=! --nogpg",
        "part" + Partition,
        "partition" + Partition,
        "poweroff --eject --kexec",
        "raid <mountpoint> <partitions>* --device=! --fstype= --level= --noformat --spares=# --useexisting --fsoptions= --fsprofile="
            + " --label= --mkfsoptions= --chunksize=#" + Luks,
        "rdp@10- --username= --password=",
        "realm ...",
        "reboot --eject --kexec",
        "repo --name=! --baseurl= --mirrorlist= --metalink= --cost=# --excludepkgs= --includepkgs= --install --ignoregroups=?@8"
            + " --ignoregroups=?@9~9" + Tls,
        "reqpart --add-boot",
        "rescue --nomount --romount",
        "rhsm --organization=! --activation-key=! --connect-to-insights --proxy= --server-hostname= --rhsm-baseurl="
            + " --flatpak-registry-url=@10-",
        "rootpw <password>? --iscrypted --lock --plaintext --allow-ssh@9-",
        "selinux --disabled --enforcing --permissive",
        "services --disabled= --enabled=",
        "shutdown --eject --kexec",
        "skipx",
        "snapshot <origin> --name=! --when={pre-install,post-install}!",
        "sshkey --username=! <key>",
        "sshpw --username=! <password> <rest>* --iscrypted --plaintext --lock --sshkey",
        "syspurpose --role= --sla= --usage= --addon=",
        "text --non-interactive",
        "timesource@9- --ntp-server= --ntp-pool= --ntp-disable --nts",
        "timezone <zone>? --utc --isUtc@-9~9 --nontp@-9~9 --ntpservers=@-9~9",
        "updates@8 <url>?",
        "updates@9- <url>",
        "url --url= --mirrorlist= --metalink=" + Tls,
        "user --homedir= --iscrypted --name=! --password= --shell= --uid=# --lock --plaintext --gecos= --gid=# --groups=",
        "vnc@-9 --password= --host= --port=",
        "vnc@10-~10 ...",
        "volgroup <name> <partitions>* --noformat --useexisting --reserved-space=# --reserved-percent=# --pesize=#",
        "xconfig --defaultdesktop= --startxonboot",
        "zerombr",
        "zfcp --devnum=! --wwpn=!@8 --fcplun=!@8 --wwpn=@9- --fcplun=@9-",
        "zipl --secure-boot --force-secure-boot --no-secure-boot",
    ];

    private static readonly string[] SectionLines =
    [
        "%addon ...",
        "%anaconda ...",
        "%certificate --filename=! --dir= --type=",
        "%onerror" + Script,
        "%packages --default --excludedocs --ignoremissing --nocore --multilib --timeout=# --retries=# --instLangs=@-9~9"
            + " --inst-langs=@9- --excludeWeakdeps@-9~9 --exclude-weakdeps@9-",
        "%post --nochroot" + Script,
        "%pre" + Script,
        "%pre-install" + Script,
        "%traceback~9" + Script,
    ];

    private static readonly ILookup<string, KickstartSyntax> Commands = CommandLines.Select(KickstartSyntax.Read)
        .ToLookup(s => s.Name, StringComparer.Ordinal);

    private static readonly ILookup<string, KickstartSyntax> Sections = SectionLines.Select(KickstartSyntax.Read)
        .ToLookup(s => s.Name, StringComparer.Ordinal);

    /// <summary>A command of a release; null: it has none of that name.</summary>
    public static KickstartSyntax? Command(string name, int release) => Commands[name].FirstOrDefault(s => s.Releases.Has(release));

    /// <summary>A section of a release; null: it has none of that name.</summary>
    public static KickstartSyntax? Section(string name, int release) => Sections[name].FirstOrDefault(s => s.Releases.Has(release));
}
