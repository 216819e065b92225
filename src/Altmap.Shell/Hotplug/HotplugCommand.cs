using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Hotplug;

/// <summary>
/// <c>hotplug</c>: what no command of the machine does, because a hypervisor or a person does it. Not a tool of Linux. Exit code 1: the
/// machine cannot have it,
/// or its kernel refuses; 16: wrong use.
/// </summary>
public static class HotplugCommand
{
    private const int WrongUse = 16;

    /// <summary>The last address of a region, as in a machine file.</summary>
    /// <summary>Its commands.</summary>
    public static readonly ImmutableArray<string> Actions =
    [
        "add-dimm",
        "add-nvdimm",
        "add-virtio-mem",
        "hold",
        "release",
        "remove",
        "resize",
    ];

    private const string Usage = """
        usage: hotplug add-dimm ADDRESS SIZE [--node N]
               hotplug add-nvdimm ADDRESS SIZE [--label-size SIZE] [--node N] [--handle H] [--serial S]
               hotplug add-virtio-mem ADDRESS SIZE [--block SIZE] [--node N] [--number N]
               hotplug resize ADDRESS SIZE
               hotplug remove ADDRESS
               hotplug hold|release ADDRESS SIZE

        Plugs memory into the running machine, or pulls it out: what a hypervisor or a person does, no command of the machine itself.
        ADDRESS and SIZE: numbers (decimal or 0x hex) with an optional K, M, G or T.

        add-dimm      a DIMM: System RAM in whole memory blocks, offline unless auto_online_blocks says otherwise
        add-nvdimm    an NVDIMM with a region of its own; SIZE is that of the region, the label area not counted (0 without --label-size)
        add-virtio-mem  a virtio-mem device that can have SIZE bytes from ADDRESS on, and has none yet
        resize        asks the virtio-mem device at ADDRESS for SIZE bytes
        remove        the DIMM at ADDRESS; its memory blocks go offline first
        hold          says that what is in this memory cannot move away (kernel memory of a zone that is not Movable): no model knows it
        release       takes that back
          --node N        NUMA node (0)
          --handle H      NFIT handle (the lowest free one from 1 on)
          --serial S      serial number as sysfs prints it
          --block SIZE    what the virtio-mem device gives at least (2M)
          --number N      of virtioN (the lowest that no virtio-mem device has)
          --id, --memdev  names that a monitor has for the device and the memory behind it

        examples:
          hotplug add-dimm 0x110000000 128M
          hotplug add-nvdimm 0x104000000 192M --label-size 128K
          hotplug add-virtio-mem 0x100000000 4G
          hotplug resize 0x100000000 300M
          hotplug remove 0x110000000

        """;

    private static readonly ImmutableArray<string> s_dimmOptions = ["--node"];
    private static readonly ImmutableArray<string> s_nvdimmOptions = ["--node", "--label-size", "--handle", "--serial"];

    private static readonly ImmutableArray<string> s_virtioOptions = ["--node", "--block", "--number", "--id", "--memdev"];

    /// <summary>Runs it. Throws <see cref="NotModelledException"/> for machines whose firmware cannot tell of new memory.</summary>
    internal static CommandResult Run(ShellState state, ImmutableArray<string> words)
    {
        if (words.IsEmpty)
            return CommandShell.Say(state, "", Usage, WrongUse);
        if (words.Contains("--help") || words.Contains("-h") || words[0] == "help")
            return CommandShell.Say(state, Usage, "", 0);
        try
        {
            return words[0] switch
            {
                "add-dimm" => AddDimm(state, Arguments.Parse(words[1..], 2, s_dimmOptions)),
                "add-nvdimm" => AddNvdimm(state, Arguments.Parse(words[1..], 2, s_nvdimmOptions)),
                "add-virtio-mem" => AddVirtioMem(state, Arguments.Parse(words[1..], 2, s_virtioOptions)),
                "resize" => Resize(state, Arguments.Parse(words[1..], 2, [])),
                "hold" or "release" => Hold(state, Arguments.Parse(words[1..], 2, []), words[0] == "hold"),
                "remove" => Remove(state, Arguments.Parse(words[1..], 1, [])),
                _ => throw new UsageException($"unknown command '{words[0]}'; expected {string.Join(", ", Actions)}"),
            };
        }
        catch (UsageException e)
        {
            return Refuse(state, $"{e.Message} (hotplug --help)", WrongUse);
        }
    }

    private static CommandResult AddDimm(ShellState state, Arguments arguments)
    {
        Machine machine = state.Machine;
        PhysicalRange range = arguments.Range();
        if (Model.Hotplug.Obstacle(machine, range) is { } obstacle)
            return Refuse(state, $"no room for a DIMM at {range}: {obstacle}");
        StepResult added = Model.Hotplug.AddDimm(machine, range, arguments.Node());
        ShellState next = state with { Machine = added.Machine };
        if (!added.Succeeded)
        {
            string? said = added.Machine.Log.Skip(machine.Log.Count).LastOrDefault(l => !l.StartsWith("acpi ", StringComparison.Ordinal));
            string why =
                added.Errno == Errno.ENOMEM ? $": {MemmapText(machine, range)}"
                : said is null ? ""
                : $": {said}";
            return Refuse(next, $"the kernel refuses the DIMM at {range}: {added.Errno.Describe()}{why}");
        }
        MemoryState memory = added.Machine.Mm;
        ulong first = range.Start.Bytes / memory.BlockSize.Bytes,
            last = range.Last.Bytes / memory.BlockSize.Bytes;
        string blocks =
            first == last ? $"{new MemoryBlockNumber(first)}" : $"{new MemoryBlockNumber(first)} to {new MemoryBlockNumber(last)}";
        string blockState = memory.Blocks[first].State == BlockState.Online ? "online" : "offline";
        return CommandShell.Say(next, $"DIMM at {range}, {range.Size.ToHuman()}: {blocks}, {blockState}\n", "", 0);
    }

    private static string MemmapText(Machine machine, PhysicalRange range)
    {
        ulong pages = range.Size / machine.Mm.PageSize;
        var memmap = new ByteSize(checked(pages * machine.Kernel.Get(Rules.StructPageSize).Bytes));
        return $"its struct pages need {memmap.ToHuman()}, more than the RAM that there is; all that was free is lost until the next boot, "
            + "since the kernel gives back nothing of what it took before it failed";
    }

    private static CommandResult AddVirtioMem(ShellState state, Arguments arguments)
    {
        Machine machine = state.Machine;
        PhysicalRange range = arguments.Range();
        ByteSize block = arguments.Options.TryGetValue("--block", out string? text) ? Arguments.Size(text, "--block") : ByteSize.MiB(2);
        if (!block.IsPowerOfTwo || block < machine.Mm.PageSize)
            throw new UsageException($"--block {text}: expected a power of two, from a page on");
        if (!range.Start.IsAligned(block) || !range.Size.IsMultipleOf(block))
            throw new UsageException($"{range} is not made of blocks of {block.ToHuman()}; expected multiples of --block");
        if (Model.Hotplug.Obstacle(machine, range) is { } obstacle)
            return Refuse(state, $"no room for a virtio-mem device at {range}: {obstacle}");
        int? number = arguments.Options.ContainsKey("--number") ? arguments.Number("--number") : null;
        if (machine.Mm.VirtioMem.Any(d => d.Number == number))
            return Refuse(state, string.Create(CultureInfo.InvariantCulture, $"there is a virtio{number}"));
        (string, string)? names = arguments.Options.TryGetValue("--id", out string? id)
            ? (id, arguments.Options.GetValueOrDefault("--memdev", ""))
            : null;
        Machine next = Model.Hotplug.AddVirtioMem(machine, range, block, arguments.Node(), number, names);
        VirtioMemDevice device = next.Mm.VirtioMem[^1];
        string mode = device.Unit < machine.Mm.BlockSize ? "sub-blocks" : "big blocks";
        string unread = device.Unit < machine.Mm.BlockSize ? "" : "note: big blocks were read in the driver of 6.1 and seen on no kernel\n";
        return CommandShell.Say(
            state with
            {
                Machine = next,
            },
            $"{device.Name} at {range}, {range.Size.ToHuman()}, in {mode} of {device.Unit.ToHuman()}\n",
            unread,
            0
        );
    }

    private static CommandResult Resize(ShellState state, Arguments arguments)
    {
        Machine machine = state.Machine;
        PhysicalAddress start = new(Arguments.Size(arguments.Positional[0], "ADDRESS").Bytes);
        ByteSize size = Arguments.Size(arguments.Positional[1], "SIZE");
        if (machine.Mm.VirtioMem.Find(d => d.Range.Start == start) is not { } device)
            return Refuse(
                state,
                $"no virtio-mem device starts at {start}: "
                    + (
                        machine.Mm.VirtioMem.IsEmpty
                            ? "none was plugged"
                            : $"there are {string.Join(", ", machine.Mm.VirtioMem.Select(d => $"{d.Name} at {d.Range}"))}"
                    )
            );
        if (size > device.Range.Size || !size.IsMultipleOf(device.BlockSize))
            throw new UsageException(
                $"SIZE is {size.Bytes}; expected a multiple of {device.BlockSize.ToHuman()}, at most {device.Range.Size.ToHuman()}"
            );
        Machine next = Model.Hotplug.Resize(machine, device, size);
        VirtioMemDevice now = next.Mm.VirtioMem.Find(d => d.Number == device.Number)!;
        string rest = now.PluggedSize == size ? "" : $", {size.ToHuman()} requested";
        return CommandShell.Say(state with { Machine = next }, $"{now.Name}: {now.PluggedSize.ToHuman()} plugged{rest}\n", "", 0);
    }

    private static CommandResult Hold(ShellState state, Arguments arguments, bool holds)
    {
        PhysicalRange range = arguments.Range();
        return CommandShell.Say(
            state with
            {
                Machine = Model.Hotplug.Hold(state.Machine, range, holds),
            },
            $"{range}: {(holds ? "cannot" : "can")} be moved\n",
            "",
            0
        );
    }

    private static CommandResult AddNvdimm(ShellState state, Arguments arguments)
    {
        Machine machine = state.Machine;
        PhysicalRange range = arguments.Range();
        if (range.Last.Bytes > PhysicalAddress.InputMax)
            throw new UsageException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{range} ends beyond the physical addresses that there are; expected an end up to 0x{PhysicalAddress.InputMax:x}"
                )
            );
        if (!range.Size.IsMultipleOf(machine.Mm.PageSize))
            throw new UsageException($"SIZE is {range.Size.Bytes}; expected whole pages of {machine.Mm.PageSize.Bytes} bytes");
        uint? handle = arguments.Word("--handle"),
            serial = arguments.Word("--serial");
        if (Model.Hotplug.Obstacle(machine, range) is { } obstacle)
            return Refuse(state, $"no room for an NVDIMM at {range}: {obstacle}");
        if (machine.Dimms.Values.FirstOrDefault(d => handle is { } h && d.Description.Handle == h) is { } taken)
            return Refuse(state, string.Create(CultureInfo.InvariantCulture, $"{taken.Device} has the handle 0x{handle:x}"));
        var nvdimm = new NewNvdimm(range, arguments.LabelSize())
        {
            Node = arguments.Node(),
            Handle = handle,
            Serial = serial,
        };
        (StepResult added, NdDevice dimm, NdDevice region) = Model.Hotplug.AddNvdimm(machine, nvdimm);
        ShellState next = state with { Machine = added.Machine };
        return CommandShell.Say(
            next,
            $"{dimm}: {region} at {range}, {range.Size.ToHuman()}\n",
            added.Succeeded ? "" : $"hotplug: {region} has no driver: {added.Errno.Describe()}\n",
            added.Succeeded ? 0 : 1
        );
    }

    private static CommandResult Remove(ShellState state, Arguments arguments)
    {
        Machine machine = state.Machine;
        string what = arguments.Positional[0];
        RegionState? region = NdDevice.TryParse(what, out NdDevice device)
            ? machine.Regions.Values.FirstOrDefault(r => r.Device == device || r.Description.Mappings.Any(m => m.Dimm == what))
            : machine.Regions.Values.FirstOrDefault(r => ByteSize.TryParse(what, out ByteSize at) && r.Range.Start.Bytes == at.Bytes);
        if (region is not null || device.Kind == NdDeviceKind.Dimm && machine.Dimms.ContainsKey(device))
            return Refuse(
                state,
                "an NVDIMM cannot be pulled out of a running Linux: its NFIT driver says \"new nfit deletes entries (unsupported)\" "
                    + $"and keeps {region?.Device.Name ?? what}"
            );
        PhysicalAddress start = new(Arguments.Size(what, "ADDRESS").Bytes);
        StepResult removed = Model.Hotplug.RemoveDimm(machine, start);
        string there = machine.DimmSlots.IsEmpty
            ? "none was plugged"
            : $"plugged are {string.Join(", ", machine.DimmSlots.Values.Select(d => d.Range))}";
        return removed.Errno switch
        {
            Errno.None => CommandShell.Say(
                state with
                {
                    Machine = removed.Machine,
                },
                $"DIMM at {machine.DimmSlots.Values.First(d => d.Range.Start == start).Range}: removed\n",
                "",
                0
            ),
            Errno.ENOENT => Refuse(state, $"no DIMM starts at {start}: {there}; memory that is there at boot cannot be pulled out"),
            _ => Refuse(
                state with
                {
                    Machine = removed.Machine,
                },
                $"the kernel keeps the DIMM at {start}: a memory block of it cannot go offline: {removed.Errno.Describe()}"
            ),
        };
    }

    private static CommandResult Refuse(ShellState state, string why, int exitCode = 1) =>
        CommandShell.Say(state, "", $"hotplug: {why}\n", exitCode);

    private sealed class UsageException(string message) : Exception(message);

    /// <summary>Words of the command, sorted into positions and options.</summary>
    private sealed record Arguments(ImmutableArray<string> Positional, ImmutableDictionary<string, string> Options)
    {
        private const int NodesMax = 1024; // MAX_NUMNODES of the largest configurations
        private const ulong LabelBytesMin = 1024,
            LabelBytesMax = 64UL << 20;

        public static Arguments Parse(ImmutableArray<string> words, int positions, ImmutableArray<string> known)
        {
            var positional = ImmutableArray.CreateBuilder<string>();
            ImmutableDictionary<string, string> options = ImmutableDictionary<string, string>.Empty;
            for (int i = 0; i < words.Length; i++)
            {
                if (!words[i].StartsWith('-'))
                {
                    positional.Add(words[i]);
                    continue;
                }
                string[] parts = words[i].Split('=', 2);
                if (!known.Contains(parts[0]))
                    throw new UsageException(
                        $"unknown option '{parts[0]}'{(known.IsEmpty ? "" : $"; expected {string.Join(", ", known)}")}"
                    );
                if (parts.Length == 1 && i + 1 == words.Length)
                    throw new UsageException($"{parts[0]} needs a value");
                options = options.SetItem(parts[0], parts.Length == 2 ? parts[1] : words[++i]);
            }
            if (positional.Count != positions)
                throw new UsageException($"expected {(positions == 2 ? "ADDRESS and SIZE" : "ADDRESS")}");
            return new(positional.ToImmutable(), options);
        }

        public PhysicalRange Range()
        {
            ByteSize start = Size(Positional[0], "ADDRESS"),
                size = Size(Positional[1], "SIZE");
            if (size.IsZero)
                throw new UsageException("SIZE is 0; expected at least one byte");
            if (size.Bytes - 1 > ulong.MaxValue - start.Bytes)
                throw new UsageException($"{Positional[0]} and {Positional[1]} end beyond 64 bits");
            return new PhysicalRange(new PhysicalAddress(start.Bytes), size);
        }

        public int Node() => Options.ContainsKey("--node") ? Number("--node") : 0;

        public int Number(string option) =>
            int.TryParse(Options[option], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < NodesMax
                ? number
                : throw new UsageException($"{option} {Options[option]}: expected a number from 0 to {NodesMax - 1}");

        public ByteSize LabelSize()
        {
            if (!Options.TryGetValue("--label-size", out string? text))
                return ByteSize.Zero;
            ByteSize size = Size(text, "--label-size");
            return size.IsZero || size.Bytes is >= LabelBytesMin and <= LabelBytesMax
                ? size
                : throw new UsageException($"--label-size {text}: expected 0, or 1K to 64M");
        }

        public uint? Word(string option)
        {
            if (!Options.TryGetValue(option, out string? text))
                return null;
            ByteSize value = Size(text, option);
            return value.Bytes is > 0 and <= uint.MaxValue
                ? (uint)value.Bytes
                : throw new UsageException($"{option} {text}: expected a number from 1 to 0xffffffff");
        }

        public static ByteSize Size(string text, string what) =>
            ByteSize.TryParse(text, out ByteSize size)
                ? size
                : throw new UsageException($"{what}: '{text}' is not a number; expected one as 0x110000000, 4096 or 128M");
    }
}
