using System.Globalization;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Conformance.Fuzz;

/// <summary>A command of a session. Devices whose numbers race in the kernel are found by the guest's shell where the model has a
/// name.</summary>
/// <param name="Model">As the model is asked.</param>
/// <param name="Guest">As the guest's shell is asked.</param>
internal readonly record struct SessionCommand(string Model, string Guest)
{
    public static SessionCommand Same(string text) => new(text, text);
}

/// <summary>Random commands of ndctl, daxctl and sysfs, right and wrong, for a machine as it is at that moment.</summary>
internal static class SessionCommands
{
    private const string Devices = "/sys/bus/nd/devices";
    private static readonly string[] Sizes = ["16M", "32M", "48M", "64M", "16777216", "20M", "100M", "1M", "4096", "0", "12345", "1G"];
    private static readonly string[] Modes =
    [
        "fsdax",
        "fsdax",
        "devdax",
        "devdax",
        "sector",
        "sector",
        "raw",
        "safe",
        "memory",
        "dax",
        "nosuch",
    ];
    private static readonly string[] Aligns = ["4K", "4096", "2M", "2097152", "64K", "1G", "3M", "0", "x"];
    private static readonly string[] Sectors = ["512", "520", "528", "4096", "4104", "4160", "4224", "1024", "0", "x"];
    private static readonly string[] Listings =
    [
        "-N",
        "-Ni",
        "-RNi",
        "-BRNDXi -vv",
        "-RNDi",
        "-Nu",
        "-D",
        "-R",
        "-Ri",
        "-NDiu",
        "-RDivXF",
        "-NiX",
        "-C",
        "-RNDXFHi",
        "-NRivu",
        "-DuF",
        "-Ni -m devdax",
        "-N -m fsdax",
        "-RNuv",
    ];

    /// <summary>The next command.</summary>
    public static SessionCommand Next(Dice dice, Machine machine, bool withKmem)
    {
        NamespaceState[] namespaces = [.. machine.Regions.Values.SelectMany(r => r.Namespaces.Values)];
        string region = $"region{(dice.OneIn(25) ? 9 : dice.Of([.. machine.Regions.Keys]))}";
        string ns = namespaces.Length == 0 || dice.OneIn(30) ? "namespace9.9" : dice.Of(namespaces).Device.Name;
        string dimm = machine.Dimms.Count == 0 || dice.OneIn(30) ? "nmem9" : dice.Of([.. machine.Dimms.Keys]).Name;
        string uuid = string.Create(CultureInfo.InvariantCulture, $"{dice.Word() >> 32:x8}-0000-4000-8000-{dice.Word() >> 16:x12}");
        return dice.Below(100) switch
        {
            < 8 => Same($"ndctl list {dice.Of(Listings)}{(dice.OneIn(5) ? " -r " + region : "")}"),
            < 18 => Same($"ndctl create-namespace -r {region} {Wishes(dice, uuid)}"),
            < 26 => Same($"ndctl create-namespace -e {ns} {(dice.OneIn(3) ? "" : "-f ")}{Wishes(dice, uuid)}"),
            < 30 => Same($"ndctl destroy-namespace {(dice.OneIn(4) ? "" : "-f ")}{(dice.OneIn(8) ? "all" : ns)}"),
            < 34 => Same($"ndctl {(dice.OneIn(2) ? "disable" : "enable")}-namespace {(dice.OneIn(8) ? "all" : ns)}"),
            < 38 => Same($"ndctl {(dice.OneIn(2) ? "disable" : "enable")}-region {(dice.OneIn(5) ? "all" : region)}"),
            < 40 => Same($"ndctl {(dice.OneIn(2) ? "disable" : "enable")}-dimm {(dice.OneIn(5) ? "all" : dimm)}"),
            < 44 => Same(
                $"ndctl init-labels {(dice.OneIn(3) ? "" : "-f ")}{dice.Of(["", "", "-V 1.1 ", "-V 1.2 ", "-V 1.3 "])}{(dice.OneIn(3) ? "all" : dimm)}"
            ),
            < 46 => Same(
                $"ndctl {dice.Of(["check-labels", "read-labels -j", "read-labels -j -u", "read-labels -j -I", "zero-labels"])} {dimm}"
            ),
            < 50 => Same($"ndctl read-infoblock {dice.Of(["-j", "-j -V", "-j -u"])} {ns}"),
            < 54 => Same($"daxctl list {dice.Of(["", "-i", "-RDMi", "-R", "-Du", "-RDMiu"])}"),
            < 58 when withKmem => Dax(dice, machine),
            < 70 => Read(dice, machine, region, ns, dimm),
            < 78 => Same(Bus(dice, region, ns, dimm)),
            _ => Write(dice, machine, region, ns, uuid),
        };
    }

    private static SessionCommand Same(string text) => SessionCommand.Same(text.TrimEnd());

    private static string Wishes(Dice dice, string uuid)
    {
        var words = new List<string>();
        if (!dice.OneIn(6))
            words.Add("-m " + dice.Of(Modes));
        if (dice.OneIn(3))
            words.Add("-M " + dice.Of(["mem", "dev", "dev", "pmem"]));
        if (dice.OneIn(4))
            words.Add("-a " + dice.Of(Aligns));
        if (dice.OneIn(6))
            words.Add("-l " + dice.Of(Sectors));
        if (!dice.OneIn(3))
            words.Add("-s " + dice.Of(Sizes));
        if (dice.OneIn(5))
            words.Add("-n " + dice.Of(["data", "log1", "a/b", "x"]));
        if (dice.OneIn(12))
            words.Add(dice.Of(["-L", "-c", "--no-autorecover"]));
        words.Add("-u " + uuid);
        return string.Join(' ', words);
    }

    private static SessionCommand Dax(Dice dice, Machine machine)
    {
        DaxDeviceState[] devices = [.. DaxDeviceDrivers.Devices(machine)];
        string dax = devices.Length == 0 ? "dax0.0" : dice.Of(devices).Name;
        return Same(
            dice.Below(7) switch
            {
                0 or 1 => $"daxctl reconfigure-device -m system-ram {dice.Of(["", "-N ", "-f "])}{dax}",
                2 or 3 => $"daxctl reconfigure-device -m devdax {dice.Of(["", "-f "])}{dax}",
                4 => $"daxctl {dice.Of(["online", "offline"])}-memory {dax}",
                5 => $"daxctl {dice.Of(["enable", "disable"])}-device {dax}",
                _ => $"echo {dax} > /sys/bus/dax/drivers/device_dax/{dice.Of(["bind", "unbind"])}",
            }
        );
    }

    private static SessionCommand Read(Dice dice, Machine machine, string region, string ns, string dimm) =>
        dice.Below(4) switch
        {
            0 => Same(
                $"cat {Devices}/{region}/{dice.Of(["available_size", "max_available_extent", "align", "size", "init_namespaces", "nstype", "read_only", "namespace_seed"])}"
            ),
            1 => Same(
                $"cat {Devices}/{ns}/{dice.Of(["mode", "size", "resource", "uuid", "alt_name", "sector_size", "holder_class", "dpa_extents", "force_raw", "numa_node"])}"
            ),
            2 => Same($"cat {Devices}/{dimm}/{dice.Of(["available_slots", "state", "flags", "commands"])}"),
            _ => OnHolder(
                dice,
                machine,
                region,
                d => $"cat {Devices}/{d}/{dice.Of(["align", "mode", "size", "resource", "uuid", "namespace", "sector_size"])}"
            ),
        };

    private static string Bus(Dice dice, string region, string ns, string dimm) =>
        dice.Below(6) switch
        {
            0 or 1 => $"echo {ns} > /sys/bus/nd/drivers/nd_pmem/bind",
            2 or 3 => $"echo {ns} > /sys/bus/nd/drivers/nd_pmem/unbind",
            4 => $"echo {region} > /sys/bus/nd/drivers/nd_region/{dice.Of(["bind", "unbind"])}",
            _ => $"echo {dimm} > /sys/bus/nd/drivers/nvdimm/{dice.Of(["bind", "unbind"])}",
        };

    private static SessionCommand Write(Dice dice, Machine machine, string region, string ns, string uuid) =>
        dice.Below(8) switch
        {
            0 => Same($"echo {dice.Of(["16777216", "33554432", "0", "4096", "100667392", "-1"])} > {Devices}/{ns}/size"),
            1 => Same($"echo {uuid} > {Devices}/{ns}/uuid"),
            2 => Same($"echo {dice.Of(["byhand", "x y", "0"])} > {Devices}/{ns}/alt_name"),
            3 => Same($"echo {dice.Of(["1", "0", "2", "y"])} > {Devices}/{ns}/force_raw"),
            4 => Same($"echo {dice.Of(["512", "4096", "520", "3"])} > {Devices}/{ns}/sector_size"),
            _ => OnHolder(
                dice,
                machine,
                region,
                d =>
                    d.StartsWith("btt", StringComparison.Ordinal)
                        ? dice.Below(4) switch
                        {
                            0 => $"echo {dice.Of(Sectors)} > {Devices}/{d}/sector_size",
                            1 => $"echo {uuid} > {Devices}/{d}/uuid",
                            2 => $"echo {ns} > {Devices}/{d}/namespace",
                            _ => $"echo {d} > /sys/bus/nd/drivers/nd_pmem/{dice.Of(["bind", "unbind"])}",
                        }
                        : dice.Below(6) switch
                        {
                            0 => $"echo {dice.Of(["4096", "2097152", "1073741824", "65536", "0"])} > {Devices}/{d}/align",
                            1 => $"echo {dice.Of(["ram", "pmem", "none", "x"])} > {Devices}/{d}/mode",
                            2 => $"echo {uuid} > {Devices}/{d}/uuid",
                            3 => $"echo {ns} > {Devices}/{d}/namespace",
                            _ =>
                                $"echo {d} > /sys/bus/nd/drivers/{(d[0] == 'p' ? "nd_pmem" : "dax_pmem")}/{dice.Of(["bind", "bind", "unbind"])}",
                        }
            ),
        };

    /// <summary>A command on the holder of a namespace, or on a seed of a region.</summary>
    private static SessionCommand OnHolder(Dice dice, Machine machine, string region, Func<string, string> command)
    {
        NamespaceState[] held = [.. machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => n.Claim is not null)];
        (string name, string file) = ("", "");
        if (held.Length > 0 && dice.OneIn(2))
        {
            NamespaceState one = dice.Of(held);
            (name, file) = (one.Claim!.Value.Name, $"{Devices}/{one.Device}/holder");
        }
        else
        {
            string kind = dice.Of(["pfn", "dax", "btt"]);
            if (!int.TryParse(region["region".Length..], out int number) || !machine.Regions.TryGetValue(number, out RegionState? state))
                return Same("true");
            file = $"{Devices}/{region}/{kind}_seed";
            int? seed = kind switch
            {
                "pfn" => state.PfnSeed,
                "dax" => state.DaxSeed,
                _ => state.BttSeed,
            };
            if (seed is null)
                return Same($"cat {file}");
            name = $"{kind}{number}.{seed}";
        }
        string text = command(name);
        return new(text, text.Replace(name, $"$(cat {file})", StringComparison.Ordinal));
    }
}
