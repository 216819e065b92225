using System.Text;
using Altmap.Cli.Common;

namespace Altmap.Cli.Planning;

/// <summary><c>--script FILE</c>: the commands of a plan, for a shell of the machine and for <c>altmap run MACHINE --script</c>.</summary>
internal static class PlanScript
{
    /// <summary>Writes it, whole or not at all. Nothing is overwritten.</summary>
    public static void Write(string path, IReadOnlyList<PlanAnswer> plans)
    {
        if (plans.Any(p => p.Commands.IsDefaultOrEmpty))
            throw CliError.Usage("--script: this plan has no commands to write: it was refused, or no command makes it there");
        NewFile.Require(path);
        NewFile.Write(path, TextOf(plans));
    }

    private static string TextOf(IReadOnlyList<PlanAnswer> plans)
    {
        var text = new StringBuilder("#!/bin/sh -e\n");
        text.Append("# Made by altmap plan for kernel ").Append(plans[0].Plan.Kernel.Name).Append("; each command was run on the model.\n");
        foreach (string loses in plans.Select(p => p.Loses).OfType<string>().Distinct())
            text.Append("# LOSES: ").Append(loses).Append('\n');
        foreach (PlanAnswer plan in plans)
        {
            text.Append("# ").Append(PlanText.Device(plan.Plan)).Append(": ").Append(plan.Plan.Usable).Append(" usable\n");
            foreach (string command in plan.Commands)
                text.Append(command).Append('\n');
        }
        return text.ToString();
    }
}
