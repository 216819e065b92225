using System.Globalization;

namespace Altmap.Advice.Doctor;

/// <summary>Machine files for <see cref="DoctorRule.Examples"/>, without the parts that no rule looks at.</summary>
internal static class FaultyMachines
{
    private const string Ram =
        """{"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x17fffffff","type":"System RAM"}""";

    /// <summary>2 GiB of RAM and more, and NVDIMMs of one region each, with blank label areas.</summary>
    /// <param name="name">Of the machine.</param>
    /// <param name="kernel">A profile.</param>
    /// <param name="memory">Objects of the key <c>memory</c>, with commas.</param>
    /// <param name="starts">Where each region starts.</param>
    /// <param name="sizeBytes">Of each.</param>
    /// <param name="steps">Commands after boot.</param>
    public static string Of(string name, string kernel, string memory, string[] starts, ulong sizeBytes, params string[] steps)
    {
        string dimms = string.Join(
            ",",
            starts.Select(
                (_, i) =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"dev":"nmem{{i}}","handle":"0x{{i + 1:x}}","phys_id":"0x{{i:x}}","vendor":"0x8680","device":"0x0100","rev_id":"0x0100","serial":"0x5634120{{i}}","id":"8680-5634120{{i}}","format":"0x0301","label_bytes":131072}"""
                    )
            )
        );
        string regions = string.Join(
            ",",
            starts.Select(
                (start, i) =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"dev":"region{{i}}","bus":"ndbus0","start":"{{start}}","size":{{sizeBytes}},"numa_node":0,"target_node":{{i + 1}},"range_index":{{i + 1}},"mappings":[{"dimm":"nmem{{i}}","offset":0,"size":{{sizeBytes}},"position":0}]}"""
                    )
            )
        );
        return $$"""
            {"format":"altmap-machine/1","name":"{{name}}","kernel":"{{kernel}}","config":{"hypervisor":1},"memory":[{{memory.Trim()}}],
             "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],"dimms":[{{dimms}}],"regions":[{{regions}}],"steps":[{{Steps(steps)}}]}
            """;
    }

    /// <summary>One NVDIMM of 4 GiB at 0x200000000.</summary>
    public static string One(string name, string kernel, params string[] steps) => Of(name, kernel, Ram, ["0x200000000"], 4UL << 30, steps);

    /// <summary>Two NVDIMMs of 4 GiB, at 0x200000000 and 0x300000000.</summary>
    public static string Two(string name, string kernel, params string[] steps) =>
        Of(name, kernel, Ram, ["0x200000000", "0x300000000"], 4UL << 30, steps);

    /// <summary>Firmware memory and a command line alone.</summary>
    public static string Plain(string name, string kernel, string memory, string commandLine, params string[] steps) =>
        $$"""
            {"format":"altmap-machine/1","name":"{{name}}","kernel":"{{kernel}}","cmdline":"{{commandLine}}","config":{"hypervisor":1},
             "memory":[{{memory.Trim()}}],"buses":[],"dimms":[],"regions":[],"steps":[{{Steps(steps)}}]}
            """;

    private static string Steps(string[] steps) => string.Join(",", steps.Select(s => $"\"{s}\""));
}
